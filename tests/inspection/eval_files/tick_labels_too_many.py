import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot(range(1960, 2021), range(61))
ax.set_xticks(range(1960, 2021))  # expect: tick-labels-collide
