import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2], label="a series with a rather long name")
ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))  # expect: canvas-overflow
