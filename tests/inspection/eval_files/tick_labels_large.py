import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.bar(["Alpha", "Beta", "Gamma", "Delta"], [1, 2, 3, 2])
ax.tick_params(axis="x", labelsize=36)  # expect: tick-labels-collide
fig.tight_layout()
