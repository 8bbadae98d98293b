import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.vlines(range(10), 0, [3, 5, 4, 6, 7, 5, 9, 8, 8.5, 9], label="count")
ax.legend(loc="upper right", fontsize=14)  # expect: legend-covers-data
