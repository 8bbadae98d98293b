import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(2.4, 1.2))  # expect: canvas-overflow, canvas-overflow
ax.plot([1000, 3000, 2000])
ax.set_xlabel("Day of the week")
