import matplotlib.pyplot as plt

fig, ax = plt.subplots(figsize=(5, 4))
ax.plot([1, 3, 2])
ax.set_title("Monthly revenue of all regions, branches and partners, in millions of euros")  # expect: canvas-overflow
