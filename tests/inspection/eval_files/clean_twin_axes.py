import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.bar(range(1, 6), [30, 40, 35, 50, 20], color="lightblue")
ax.set_ylabel("Rain (mm)")
other = ax.twinx()
other.plot(range(1, 6), [4, 8, 15, 12, 9], color="firebrick")
other.set_ylabel("Temperature", color="firebrick")
ax.set_title("Weather")
fig.tight_layout()
