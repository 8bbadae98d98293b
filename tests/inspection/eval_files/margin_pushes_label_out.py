import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.set_xlabel("Day")
ax.set_title("Level")
plt.subplots_adjust(bottom=0.03)  # expect: canvas-overflow
