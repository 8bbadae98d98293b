import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.bar(["Main", "Park", "Hill", "Mill", "Lake"], [37, 74, 37, 91, 60])
plt.setp(ax, xlim=(-0.5, 2.5))  # expect: axes-clipped
