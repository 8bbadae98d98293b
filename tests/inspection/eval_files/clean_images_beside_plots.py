import matplotlib.pyplot as plt
import numpy as np

fig, axes = plt.subplots(1, 3, figsize=(10, 4))
axes[0].imshow(np.eye(8), cmap="gray")
axes[1].imshow(np.eye(8, 12), cmap="gray")
axes[2].plot([1, 3, 2])
for ax, name in zip(axes, "ABC"):
    ax.set_title(name)
fig.tight_layout()
