# hostile: draw a picture that does not compress
# expect: ok
# canary: bounded
import matplotlib.pyplot as plt
import numpy as np

plt.figure(figsize=(12, 12), dpi=100)
plt.axes([0, 0, 1, 1]).imshow(np.random.rand(1200, 1200, 3))
plt.savefig("chart.png")
