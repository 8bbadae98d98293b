import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2], color="tab:orange")
ax.set_ylabel("Temperature", color="tab:orange")
ax.tick_params(axis="y", labelcolor="tab:orange")
