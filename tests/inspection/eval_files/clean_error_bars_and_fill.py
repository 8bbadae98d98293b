import matplotlib.pyplot as plt
import numpy as np

x = np.arange(10)
fig, ax = plt.subplots()
ax.errorbar(x, x**1.5, yerr=2, fmt="o", capsize=3, label="measured")
ax.fill_between(x, x**1.5 - 3, x**1.5 + 3, alpha=0.2, label="band")
ax.set_title("Growth")
ax.legend(loc="upper left")
