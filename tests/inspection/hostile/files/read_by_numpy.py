# hostile: read the data set by numpy, which no list of imports forbids
# expect: runtime_error
# canary: secret
# bare: escapes
import numpy as np

print(bytes(np.fromfile("@SECRET@", dtype=np.uint8)))
