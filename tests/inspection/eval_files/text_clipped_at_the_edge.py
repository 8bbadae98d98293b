import matplotlib.pyplot as plt

fig, ax = plt.subplots()
ax.plot(range(10))
ax.text(8.4, 2.0, "the last value", clip_on=True)  # expect: text-clipped
ax.set_xlim(0, 9)
