import matplotlib.pyplot as plt

names = [f"department number {k}" for k in range(8)]
fig, ax = plt.subplots()
ax.bar(range(8), [3, 4, 2, 5, 4, 3, 2, 4])
ax.set_xticks(range(8))
ax.set_xticklabels(names)  # expect: tick-labels-collide
fig.tight_layout()
