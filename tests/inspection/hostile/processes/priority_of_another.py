# hostile: make another process slow
# expect: runtime_error
# canary: alive
# bare: escapes
import os

os.setpriority(os.PRIO_PROCESS, int("@VICTIM@"), 19)
