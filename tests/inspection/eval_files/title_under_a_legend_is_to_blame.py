import matplotlib.pyplot as plt

fig, ax = plt.subplots()
for year in (2023, 2024, 2025):
    ax.plot([1, 2, 3], [year % 7, year % 5, 1], label=str(year))
ax.set_ylim(0, 20)
ax.legend(loc="upper center", ncols=3)
ax.set_title("Lending by branch", y=0.93)  # expect: legend-covers-data
