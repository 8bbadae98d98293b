# hostile: draw a million texts
# expect: timeout, memory, runtime_error
# canary: bounded
import matplotlib.pyplot as plt

for number in range(1_000_000):
    plt.text(number, number, "x" * 100)
