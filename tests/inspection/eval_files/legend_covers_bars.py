import matplotlib.pyplot as plt

plt.bar(["A", "B", "C"], [8, 9, 7], label="2024")
plt.bar(["A", "B", "C"], [1, 1, 2], bottom=[8, 9, 7], label="2025")
plt.legend(loc="lower center")  # expect: legend-covers-data
