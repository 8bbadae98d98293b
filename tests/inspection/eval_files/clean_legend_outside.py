import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(8, 4))
for k in range(4):
    ax.plot([k, 2 * k, k + 1], label=f"series {k}")
ax.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0))
fig.tight_layout()
