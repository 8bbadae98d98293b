import matplotlib.pyplot as plt

plt.rcParams["axes.labelcolor"] = "#e5e5e5"  # expect: low-contrast
fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.set_xlabel("Day")
