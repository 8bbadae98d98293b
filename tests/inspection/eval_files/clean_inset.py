import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 10, 200)
fig, ax = plt.subplots()
ax.plot(x, np.exp(-x))
inset = ax.inset_axes([0.5, 0.5, 0.45, 0.4])
inset.plot(x, np.exp(-x))
inset.set_xlim(2, 4)
inset.set_ylim(0.02, 0.13)
ax.indicate_inset_zoom(inset)
