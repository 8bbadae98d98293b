import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 10, 100)
fig, ax = plt.subplots()
ax.plot(x, np.sin(x))
ax.text(5, 0, "in a box of its own", ha="center", bbox={"facecolor": "white", "edgecolor": "gray"})
