import matplotlib.pyplot as plt

fig, axes = plt.subplots(2, 2)  # expect: empty-axes
axes[0, 0].plot([1, 2])
axes[0, 1].bar(["A", "B"], [2, 1])
axes[1, 0].scatter([1, 2, 3], [3, 1, 2])
