# hostile: save picture upon picture
# expect: memory, runtime_error, timeout
# canary: bounded
import io

import matplotlib.pyplot as plt

kept = []
while True:
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    figure.savefig(io.BytesIO())
    kept.append((figure, bytearray(b"x") * (16 << 20)))
