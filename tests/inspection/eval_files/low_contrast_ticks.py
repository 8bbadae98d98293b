import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.tick_params(axis="y", labelsize=11)
ax.tick_params(axis="y", labelcolor="#e0e0e0")  # expect: low-contrast
