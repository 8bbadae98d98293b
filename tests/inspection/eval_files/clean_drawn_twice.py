import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.set_yticks([1, 2, 3], ["really long labels", "some more", "short"])
fig.canvas.draw()
fig.subplots_adjust(left=0.3)
