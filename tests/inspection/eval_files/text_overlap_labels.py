import matplotlib.pyplot as plt

points = [(1.0, 2.0, "Hamburg"), (1.04, 2.02, "Lübeck"), (3.0, 1.0, "Munich")]
fig, ax = plt.subplots()
ax.set_xlim(0, 4)
ax.set_ylim(0, 3)
for x, y, name in points:
    ax.plot(x, y, ".", color="black")
    ax.text(x, y + 0.08, name)  # expect: text-overlap
