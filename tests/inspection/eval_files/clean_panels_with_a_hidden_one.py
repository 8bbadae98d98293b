import matplotlib.pyplot as plt

fig, axes = plt.subplots(2, 2, figsize=(8, 6), layout="constrained")
axes[0, 0].plot([1, 2, 3])
axes[0, 1].bar(["A", "B"], [2, 1])
axes[1, 0].hist([1, 1, 2, 3, 3, 3], bins=3)
axes[1, 1].axis("off")
axes[1, 1].text(0.1, 0.5, "Three views of one thing")
fig.suptitle("Overview")
