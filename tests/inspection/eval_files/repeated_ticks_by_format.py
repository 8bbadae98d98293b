import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([0.1, 0.9, 0.5])
ax.yaxis.set_major_formatter("{x:.0f}")  # expect: repeated-tick-labels
