import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([0, 1], [0, 0.2])
ax.set_ylim(0, 1)
ax.text(0.5, 0.6, "44 MW", ha="center", va="center")
ax.text(0.5, 0.6, "Pump\n\n\n", ha="center", va="center")
ax.text(0.1, 0.8, "a long first line of words\nshort", va="top", fontsize=12, rotation=10)
ax.text(0.45, 0.752, "beside it", va="top", fontsize=12, rotation=10)
