# hostile: become another program
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.execv("/bin/sh", ["sh", "-c", "echo mine > @OUTSIDE@/new"])
