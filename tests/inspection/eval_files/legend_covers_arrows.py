import matplotlib.pyplot as plt
import numpy as np

east, north = np.meshgrid(np.arange(9), np.arange(7))
fig, ax = plt.subplots()
ax.quiver(east, north, np.cos(east / 2), np.sin(east / 2))
ax.legend(["wind"], loc="center right")  # expect: legend-covers-data
