import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.scatter([1, 2, 3, 4], [2, 4, 1, 3])
for x, y, name in [(1, 2, "Oslo"), (2, 4, "Bern"), (3, 1, "Rome"), (4, 3, "Riga")]:
    ax.annotate(name, (x, y), xytext=(6, 4), textcoords="offset points")
ax.margins(0.15)
