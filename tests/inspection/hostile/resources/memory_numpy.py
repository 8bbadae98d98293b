# hostile: take memory by numpy
# expect: memory
# canary: bounded
import numpy as np

kept = [np.ones(1 << 22) for _ in range(10_000)]
