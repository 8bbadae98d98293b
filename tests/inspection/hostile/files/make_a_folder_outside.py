# hostile: make a folder outside
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.mkdir("@OUTSIDE@/mine")
