import matplotlib.pyplot as plt
import numpy as np

x = np.linspace(0, 10, 200)
fig, (whole, part) = plt.subplots(1, 2, figsize=(9, 4))
whole.plot(x, np.sin(3 * x) / (1 + x))
part.plot(x, np.sin(3 * x) / (1 + x))
part.set_xlim(4, 10)
