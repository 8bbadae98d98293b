# hostile: kill the parent of all jobs
# expect: runtime_error
# canary: alive
import os

os.kill(os.getppid(), 9)
