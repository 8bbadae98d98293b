import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 10, 100)
fig, ax = plt.subplots()
ax.plot(x, x, label="growth")
ax.plot(x, 0.5 * x, label="slow growth")
ax.legend(loc="center")  # expect: legend-covers-data
