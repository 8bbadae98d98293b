import matplotlib.pyplot as plt
import numpy as np

plt.rcParams["axes.ymargin"] = -0.2  # expect: axes-clipped, axes-clipped, axes-clipped

dose = 2.0 ** np.arange(8)
fig, (left, right, curve) = plt.subplots(1, 3, figsize=(12, 4), layout="constrained")
left.bar(["A", "B", "C"], [3, 9, 5])
right.bar(["A", "B", "C"], [4, 12, 7])  # its bars stand as high as those beside: no broken axis
curve.plot(dose, 10 * np.log2(dose), "o-")
curve.set_xscale("log")  # decides the limits of the other direction
