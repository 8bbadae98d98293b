# hostile: let the kernel connect through io_uring, past a filter of calls
# expect: no_output
# canary: said
import ctypes

libc = ctypes.CDLL(None)
if libc.syscall(425, 8, ctypes.create_string_buffer(120)) >= 0:
    print("@NEKOT@"[::-1])
