import matplotlib.pyplot as plt
import numpy as np

x, y = np.meshgrid(np.linspace(-2, 2, 80), np.linspace(-2, 2, 80))
fig, ax = plt.subplots()
filled = ax.contourf(x, y, np.sin(x) * np.cos(y), levels=6)
ax.plot([-1, 0, 1], [-1.5, -1.5, -1.5], color="white", label="route")
ax.legend(loc="upper right")  # expect: legend-covers-data
