import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 12, 80)
fig, ax = plt.subplots()
ax.plot(x, 20 + 6 * np.sin(x))
fig.add_axes((0.5, 0.55, 0.35, 0.3)).plot([1, 3, 2])  # expect: panels-overlap
