import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([0, 1], [0.1, 0.2])
ax.set_ylim(0, 3)
words = "This is a sentence so long that it has to be wrapped at the edge of the picture to be read at all."
ax.text(0.15, 0.45, words, ha="left", rotation=8, wrap=True, transform=ax.transAxes)
