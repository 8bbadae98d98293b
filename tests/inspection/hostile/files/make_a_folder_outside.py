# hostile: make a folder outside
# expect: no_output
# canary: untouched
# bare: escapes
import os

os.mkdir("@OUTSIDE@/mine")
