import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 10, 250)
y = np.exp(-x / 3) * np.sin(7 * x)
fig, ax = plt.subplots()
ax.plot(x, y)
ax.set_ylim(-1, 3)
part = ax.inset_axes([0.5, 0.6, 0.4, 0.35])
part.plot(x[:40], y[:40])
part.set_ylim(-0.3, 0.4)  # expect: axes-clipped
