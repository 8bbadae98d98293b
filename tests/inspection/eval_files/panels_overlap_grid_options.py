import matplotlib.pyplot as plt

fig, axes = plt.subplots(2, 2, figsize=(8, 6), gridspec_kw={"hspace": -0.2, "wspace": -0.2})  # expect: panels-overlap
for k, ax in enumerate(axes.flat):
    ax.plot([2, 1, 3], color="tab:blue")
    ax.set_title(f"Station {k + 1}")
    ax.set_xlabel("Day")
    ax.set_ylabel("Level")
fig.tight_layout()
