import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 5, 2, 4])
ax.text(1.6, 4.5, "peak of the year")
ax.add_patch(plt.Rectangle((1.5, 4.3), 1.2, 0.5, color="gold", zorder=6))  # expect: covered-artist
