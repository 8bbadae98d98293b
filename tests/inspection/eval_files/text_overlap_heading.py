import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.set_title("Measured level")
fig.suptitle("Station North", y=0.92)  # expect: text-overlap
