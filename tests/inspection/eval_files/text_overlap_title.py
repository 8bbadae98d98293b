import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.bar(["A", "B", "C"], [3, 5, 4])
ax.set_title("Sales by region")
ax.text(0.5, 1.02, "Preliminary figures", transform=ax.transAxes, ha="center")  # expect: text-overlap
ax.set_ylabel("Sales")
