import matplotlib.pyplot as plt

fig, axes = plt.subplots(2, 1)
for k, ax in enumerate(axes):
    ax.plot([1, 3, 2])
    ax.set_title(f"Station {k}")
    ax.set_xlabel("Day")
fig.subplots_adjust(hspace=0.05)  # expect: panels-overlap
