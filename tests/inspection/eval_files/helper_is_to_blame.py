import matplotlib.pyplot as plt


def decorate(ax, name):
    ax.set_title(name)
    ax.set_xlabel("Day", color="#dddddd")  # expect: low-contrast


fig, ax = plt.subplots()
ax.plot([1, 3, 2])
decorate(ax, "Level")
