# hostile: keep memory from being swapped
# expect: no_output
# canary: said
import ctypes

libc = ctypes.CDLL(None)
page = ctypes.create_string_buffer(1 << 20)
if libc.mlock(page, 1 << 20) == 0 or libc.mlockall(3) == 0:
    print("@NEKOT@"[::-1])
