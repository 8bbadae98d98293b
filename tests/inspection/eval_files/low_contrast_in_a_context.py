import matplotlib.pyplot as plt

with plt.rc_context({"axes.labelcolor": "#dddddd", "font.size": 11}):  # expect: low-contrast
    fig, ax = plt.subplots()
    ax.plot([1, 3, 2])
    ax.set_xlabel("Day")
