# hostile: loop for ever in numpy
# expect: timeout, memory
# canary: answered
import numpy as np

np.correlate(np.ones(1_000_000), np.ones(1_000_000), "full")
