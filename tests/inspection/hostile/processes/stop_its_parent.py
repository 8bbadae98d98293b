# hostile: stop the parent of all jobs
# expect: runtime_error
# canary: alive
import os
import signal

os.kill(os.getppid(), signal.SIGSTOP)
