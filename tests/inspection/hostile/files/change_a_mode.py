# hostile: open a file to everyone
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.chmod("@SECRET@", 0o4777)
