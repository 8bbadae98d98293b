import matplotlib.pyplot as plt

plt.style.use("dark_background")
fig, ax = plt.subplots()
ax.plot([1, 3, 2], label="level")
ax.set_title("Night")
ax.set_xlabel("Hour")
ax.legend()
