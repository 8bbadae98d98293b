import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([0.1, 0.3, 0.2])
ax.text(50, 0.2, "lost")  # expect: canvas-overflow
