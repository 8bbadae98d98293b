import matplotlib.pyplot as plt

plt.rcParams["axes.labelpad"] = -14  # expect: text-overlap, text-overlap
fig, ax = plt.subplots()
ax.plot([10, 30, 20])
ax.set_xlabel("Days since the beginning of the season, local time")
ax.set_ylabel("Petal width, all of the samples together")
