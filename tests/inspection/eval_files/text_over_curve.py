import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 10, 100)
fig, ax = plt.subplots()
ax.plot(x, np.sin(x))
ax.plot(x, np.cos(x))
ax.text(5, 0.0, "where both of the curves meet", ha="center", va="center")  # expect: text-over-data
