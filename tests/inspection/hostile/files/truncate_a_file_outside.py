# hostile: cut a file short by its path
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.truncate("@SECRET@", 0)
