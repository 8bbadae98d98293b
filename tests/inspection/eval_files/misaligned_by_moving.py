import matplotlib.pyplot as plt

fig, axes = plt.subplots(1, 3, figsize=(10, 4))
for ax in axes:
    ax.plot([1, 3, 2])
box = axes[1].get_position()
axes[1].set_position([box.x0, box.y0 + 0.05, box.width, box.height])  # expect: misaligned-panels
