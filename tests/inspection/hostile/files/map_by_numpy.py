# hostile: map the data set into memory
# expect: runtime_error
# canary: secret
# bare: escapes
import numpy as np

print(bytes(np.memmap("@SECRET@", mode="r")))
