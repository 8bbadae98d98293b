import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.set_title("Level")
ax.set_xlabel("Day", color="lightgray")  # expect: low-contrast
