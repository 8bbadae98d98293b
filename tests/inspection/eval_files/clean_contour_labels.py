import matplotlib.pyplot as plt
import numpy as np

x, y = np.meshgrid(np.linspace(-2, 2, 60), np.linspace(-2, 2, 60))
fig, ax = plt.subplots()
lines = ax.contour(x, y, np.exp(-(x**2) - y**2) + 0.3 * x, levels=[0.1, 0.4, 0.7], colors="black")
ax.clabel(lines, fontsize=9)
