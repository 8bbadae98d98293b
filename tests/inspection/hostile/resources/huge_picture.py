# hostile: draw a picture of a million by a million pixels
# expect: ok, runtime_error, memory, timeout
# canary: bounded
import matplotlib.pyplot as plt

plt.figure(figsize=(1000, 1000), dpi=1000)
plt.plot([1, 2])
plt.savefig("chart.png")
