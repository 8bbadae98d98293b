import matplotlib.pyplot as plt
from matplotlib.patches import Circle

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.add_patch(Circle((1.5, 1.5), 0.2, color="black"))
ax.add_patch(Circle((1.5, 1.5), 0.2, facecolor="orange", edgecolor="white"))
ax.set_yticks([1, 2, 3], ["really long labels", "some more", "short"])
fig.canvas.draw()
fig.subplots_adjust(left=0.3)
