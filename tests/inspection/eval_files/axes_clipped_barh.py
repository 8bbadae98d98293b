import matplotlib.pyplot as plt

plt.barh(["A", "B", "C"], [3, 9, 5])
plt.xlim(0, 7)  # expect: axes-clipped
