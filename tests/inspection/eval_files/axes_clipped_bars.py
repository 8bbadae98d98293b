import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.bar(["A", "B", "C"], [3, 9, 5])
ax.set_ylim(0, 6)  # expect: axes-clipped
