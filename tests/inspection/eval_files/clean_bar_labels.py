import matplotlib.pyplot as plt

fig, axes = plt.subplots(1, 2, figsize=(9, 4))
bars = axes[0].bar(["A", "B", "C"], [3, 5, 4], color="navy")
axes[0].bar_label(bars, label_type="center", color="white")
axes[1].bar_label(axes[1].barh(["A", "B", "C"], [3, 5, 4]), padding=3)
axes[1].set_xlim(0, 6)
fig.suptitle("Labels in and beside bars")
fig.tight_layout()
