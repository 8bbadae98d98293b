import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 4, 2, 3])
ax.set_xticks([0, 1, 2, 3], ["first", "first", "second", "second"])  # expect: repeated-tick-labels
