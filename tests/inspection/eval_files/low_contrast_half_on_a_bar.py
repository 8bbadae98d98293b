import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.barh([0, 1], [6, 4], color="#1b1b3a")
ax.text(5.2, 0, "the longest bar", va="center")  # expect: low-contrast
