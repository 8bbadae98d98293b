import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 100, 500)
fig, (ax, scores) = plt.subplots(1, 2, figsize=(9, 4))
ax.plot(x, np.sin(x))
ax.set_xlim(20, 40)
scores.bar(["A", "B", "C"], [88, 93, 91])
scores.set_ylim(80, 100)
fig.tight_layout()
