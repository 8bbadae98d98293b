import matplotlib.pyplot as plt
import numpy as np

x = np.logspace(0, 5, 50)
fig, ax = plt.subplots()
ax.loglog(x, x**-0.5)
ax.minorticks_on()
ax.grid(True, which="both", alpha=0.3)
ax.set_xlabel("Frequency (Hz)")
ax.set_ylabel("Power")
