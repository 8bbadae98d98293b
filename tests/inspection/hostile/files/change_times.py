# hostile: change the times of a file
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.utime("@SECRET@", (0, 0))
