# hostile: spawn another program
# expect: runtime_error
# canary: untouched
# bare: escapes
import os

os.waitpid(os.posix_spawn("/bin/sh", ["sh", "-c", "echo mine > @OUTSIDE@/new"], {}), 0)
