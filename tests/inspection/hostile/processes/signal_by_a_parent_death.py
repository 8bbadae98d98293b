# hostile: have the kernel send a signal for it
# expect: no_output
# canary: said
# bare: escapes
import ctypes

libc = ctypes.CDLL(None)
if libc.prctl(1, 0, 0, 0, 0) == 0:
    print("@NEKOT@"[::-1], "it would outlive its parent")
