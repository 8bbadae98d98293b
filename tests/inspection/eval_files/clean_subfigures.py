import matplotlib.pyplot as plt

fig = plt.figure(layout="constrained", figsize=(9, 4))
first, second = fig.subfigures(1, 2)
first.suptitle("One", fontsize=22)
for half in (first, second):
    for ax in half.subplots(1, 2):
        ax.plot([1, 3, 2])
