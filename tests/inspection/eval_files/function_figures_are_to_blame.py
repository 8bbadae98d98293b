import matplotlib.pyplot as plt


def report(name, color):
    fig, ax = plt.subplots()
    ax.plot([1, 3, 2])
    ax.set_xlabel(name, color=color)
    return fig


first = report("Day", "black")
second = report("Hour", "#e8e8e8")  # expect: low-contrast
plt.show()
