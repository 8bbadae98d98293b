import matplotlib.pyplot as plt

fig = plt.figure(figsize=(8, 4))
left = fig.add_axes([0.1, 0.15, 0.35, 0.7])
right = fig.add_axes([0.58, 0.19, 0.35, 0.7])  # expect: misaligned-panels
left.plot([1, 3, 2])
right.plot([2, 1, 3])
