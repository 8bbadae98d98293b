import matplotlib.pyplot as plt

fig, (top, bottom) = plt.subplots(2, 1, sharex=True, height_ratios=[1, 2])
for ax in (top, bottom):
    ax.bar(["A", "B", "C"], [3, 95, 5])
top.set_ylim(90, 100)
bottom.set_ylim(0, 8)
