import matplotlib.pyplot as plt

fig, ax = plt.subplots()
bars = ax.bar(["A", "B"], [3, 4], color="khaki")
ax.bar_label(bars, label_type="center", color="white")  # expect: low-contrast
