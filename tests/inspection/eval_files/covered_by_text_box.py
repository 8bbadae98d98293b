import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.bar(range(4), [3, 5, 4, 6])
ax.plot(range(4), [2, 3, 3, 4], color="black")
sheet = {"facecolor": "wheat", "pad": 30}
ax.text(1.5, 2.5, " " * 40, ha="center", fontsize=26, bbox=sheet, zorder=9)  # expect: covered-artist
