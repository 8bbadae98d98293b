import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot(range(10), [3, 5, 4, 6, 7, 5, 4, 6, 8, 7])
ax.axvspan(2, 6, color="white", zorder=10)  # expect: covered-artist
ax.set_title("Level")
