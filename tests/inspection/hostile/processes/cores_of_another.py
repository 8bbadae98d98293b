# hostile: put another process on one core
# expect: runtime_error
# canary: alive
# bare: escapes
import os

os.sched_setaffinity(int("@VICTIM@"), {0})
