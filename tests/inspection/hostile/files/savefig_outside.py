# hostile: save the chart outside, which no screen forbids
# expect: ok, runtime_error
# canary: untouched
# bare: escapes
import matplotlib.pyplot as plt

plt.plot([1, 2])
plt.savefig("@OUTSIDE@/chart.png")
