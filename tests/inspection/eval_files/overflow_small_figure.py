import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(7, 5))
ax.plot([10, 30, 20])
ax.set_title("Tickets by team")
fig.tight_layout()
fig.set_size_inches(1.7, 1.3)  # expect: canvas-overflow, canvas-overflow, canvas-overflow
