import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1000, 3000, 2000])
ax.set_ylabel("Revenue")
fig.subplots_adjust(left=0.02)  # expect: canvas-overflow
