# hostile: run a shell
# expect: no_output
# canary: untouched
# bare: escapes
import os

os.system("echo mine > @OUTSIDE@/new")
