import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
fig.text(0.5, 0.5, "DRAFT", fontsize=60, color="gray", alpha=0.25, rotation=30, ha="center", va="center")
