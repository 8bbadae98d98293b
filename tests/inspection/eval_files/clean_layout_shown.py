import matplotlib.pyplot as plt

fig, axes = plt.subplots(2, 2, layout="constrained")
for number, ax in enumerate(axes.flat):
    ax.set_title(f"Panel {number}")
axes[0, 0].text(0.5, 0.5, "ax1", ha="center")
