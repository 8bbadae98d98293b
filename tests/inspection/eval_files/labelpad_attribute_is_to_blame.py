import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.set_xlabel("Population (in millions)")
ax.xaxis.labelpad = -14  # expect: text-overlap
