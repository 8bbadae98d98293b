import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.set_xlabel("Day of the year", labelpad=-12)  # expect: text-overlap
ax.set_ylabel("Level")
