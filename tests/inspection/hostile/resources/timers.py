# hostile: fill the kernel with timers
# expect: no_output
# canary: said
import ctypes
import signal

libc = ctypes.CDLL(None)
if libc.timer_create(1, None, ctypes.byref(ctypes.c_void_p())) == 0:
    print("@NEKOT@"[::-1], "timer_create")
if libc.timerfd_create(1, 0) >= 0:
    print("@NEKOT@"[::-1], "timerfd_create")
try:
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    print("@NEKOT@"[::-1], "setitimer")
except OSError:
    pass
