import matplotlib.pyplot as plt

names = [f"department number {k}" for k in range(8)]
fig, ax = plt.subplots()
ax.bar(names, [3, 4, 2, 5, 4, 3, 2, 4])
plt.setp(ax.get_xticklabels(), rotation=45, ha="right")
fig.tight_layout()
