import matplotlib.pyplot as plt

fig, ax = plt.subplots(dpi=300)
ax.plot([1, 3, 2])
ax.set_title("Level", fontsize=3)  # expect: tiny-text
