import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 10, 60)
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4))
left.fill_between(x, 3 + np.sin(x))
left.fill_between(x, 1.5 + 0.5 * np.sin(x))
left.axvspan(4, 6, color="#ffeeaa", zorder=0.5)
right.pie([40, 30, 20, 10], labels=["Wind", "Solar", "Gas", "Hydro"])
right.add_patch(plt.Circle((0, 0), 0.6, color="white"))
