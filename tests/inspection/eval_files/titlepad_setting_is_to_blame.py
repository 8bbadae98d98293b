import matplotlib.pyplot as plt

plt.rcParams.update({"axes.titlepad": 80})  # expect: canvas-overflow
fig, ax = plt.subplots()
ax.plot([1, 3, 2])
ax.set_title("Level")
