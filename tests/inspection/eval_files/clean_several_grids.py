import matplotlib.pyplot as plt

fig = plt.figure(figsize=(9, 5))
left = fig.add_gridspec(3, 3, left=0.06, right=0.48, wspace=0.3, hspace=0.35)
right = fig.add_gridspec(3, 3, left=0.56, right=0.97, hspace=0.28, wspace=0.45)
for spot in (left[:-1, :], left[-1, :-1], left[-1, -1], right[:, :-1], right[:-1, -1], right[-1, -1]):
    fig.add_subplot(spot).plot([1, 3, 2])
