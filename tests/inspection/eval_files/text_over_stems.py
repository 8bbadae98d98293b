import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.vlines(range(20), 0, [5 + k % 4 for k in range(20)])
ax.text(10, 3, "where the trend turns", ha="center", fontsize=14)  # expect: text-over-data
