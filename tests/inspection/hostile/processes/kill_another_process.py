# hostile: kill another process
# expect: runtime_error
# canary: alive
# bare: escapes
import os

os.kill(int("@VICTIM@"), 9)
