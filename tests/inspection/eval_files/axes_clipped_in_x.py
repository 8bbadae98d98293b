import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot(range(15), [38, 44, 52, 52, 55, 57, 58, 60, 60, 69, 64, 67, 79, 84, 80], marker="o")
ax.set_xlim(-0.7, 8.3)  # expect: axes-clipped
