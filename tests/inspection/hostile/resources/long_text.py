# hostile: name an axis by ten million letters
# expect: timeout, memory, runtime_error, no_output
# canary: bounded
import matplotlib.pyplot as plt

plt.plot([1, 2])
plt.title("x" * 10_000_000)
plt.savefig("chart.png")
