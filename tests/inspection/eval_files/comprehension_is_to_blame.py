import matplotlib.pyplot as plt

fig, axes = plt.subplots(1, 3, figsize=(9, 3))
lines = [ax.plot([1, 3, 2])[0] for ax in axes]
notes = [  # expect: low-contrast, low-contrast, low-contrast
    ax.set_title("Level", color="#e0e0e0") for ax in axes
]
