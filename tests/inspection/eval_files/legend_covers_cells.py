import matplotlib.pyplot as plt

values = [[0.1, 0.9, 0.4], [0.7, 0.2, 0.8], [0.3, 0.6, 0.5]]
fig, ax = plt.subplots()
ax.imshow(values, cmap="Blues")
for i, row in enumerate(values):
    for j, value in enumerate(row):
        ax.text(j, i, value, color="white" if value > 0.6 else "black", ha="center", va="center")
ax.plot([], [], "s", label="observed")
ax.legend(title="Which one", loc="lower center")  # expect: legend-covers-data
