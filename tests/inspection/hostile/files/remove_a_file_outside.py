# hostile: remove a file
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.remove("@SECRET@")
