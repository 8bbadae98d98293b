import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.stackplot(range(5), [3, 4, 3, 5, 4], [2, 2, 3, 2, 3])
ax.set_xlim(0, 4)
ax.legend(["measured"], loc="lower left", fontsize=14)  # expect: legend-covers-data
