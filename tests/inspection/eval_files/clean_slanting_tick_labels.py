import matplotlib.pyplot as plt
import numpy as np

x, y = np.meshgrid(np.linspace(-30, 30, 20), np.linspace(-30, 30, 20))
fig = plt.figure()
ax = fig.add_subplot(projection="3d")
ax.plot_surface(x, y, x * y)
ax.set(xlim=(-40, 40), ylim=(-40, 40), zlim=(-2000, 2000))
ax.zaxis.set_major_formatter("{x:.0f}")
