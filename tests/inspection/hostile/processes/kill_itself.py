# hostile: die as if somebody else had killed it, so that its job is done again
# expect: runtime_error, no_output
# canary: answered
import ctypes
import os
import signal

try:
    signal.raise_signal(signal.SIGKILL)
except OSError:
    pass
os.kill(os.getpid(), 9)
