import matplotlib.pyplot as plt
import numpy as np


def shade(ax):
    ax.axhspan(*ax.get_ylim(), color="white", zorder=20)  # expect: covered-artist


rng = np.random.default_rng(2)
fig, ax = plt.subplots()
for k in range(3):
    ax.scatter(rng.normal(3 * k, 0.7, 50), rng.normal(k, 0.5, 50))
shade(ax)
