import matplotlib.pyplot as plt
import numpy as np

grid = np.arange(16).reshape(4, 4)
fig, ax = plt.subplots()
picture = ax.imshow(grid, cmap="Blues")
for i in range(4):
    for j in range(4):
        ax.text(j, i, grid[i, j], ha="center", va="center", color="white" if grid[i, j] > 11 else "black")
fig.colorbar(picture, label="count")
ax.set_title("Counts")
