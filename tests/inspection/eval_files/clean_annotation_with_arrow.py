import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 10, 200)
fig, ax = plt.subplots()
ax.plot(x, np.sin(x), label="sine")
ax.annotate("maximum", xy=(np.pi / 2, 1), xytext=(3.2, 1.25), arrowprops={"arrowstyle": "->"})
ax.axhline(0, color="gray", lw=0.8)
ax.set_ylim(-1.5, 1.6)
ax.legend(loc="lower right")
