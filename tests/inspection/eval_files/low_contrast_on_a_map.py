import matplotlib.pyplot as plt

values = [[1, 9, 4], [7, 2, 8]]
fig, ax = plt.subplots()
ax.imshow(values, cmap="gray")
for i, row in enumerate(values):
    for j, value in enumerate(row):
        ax.text(j, i, str(value), color="white", ha="center", va="center")  # expect: low-contrast
