import matplotlib.pyplot as plt

fig, ax = plt.subplots(facecolor="#202020")
ax.plot([1, 3, 2])
ax.tick_params(colors="white")
ax.set_title("Night", color="white")
ax.set_xlabel("Hour", color="#404040")  # expect: low-contrast
