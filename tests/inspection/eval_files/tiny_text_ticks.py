import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.set_title("Level")
ax.tick_params(axis="x", labelsize=3)  # expect: tiny-text
