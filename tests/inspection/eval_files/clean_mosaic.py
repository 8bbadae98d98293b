import matplotlib.pyplot as plt

fig, axes = plt.subplot_mosaic("AAB;CDB", figsize=(9, 5), layout="constrained")
for name, ax in axes.items():
    ax.plot([1, 3, 2])
    ax.set_title(name)
    ax.set_xlabel("Day")
