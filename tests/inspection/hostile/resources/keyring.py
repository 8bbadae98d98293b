# hostile: leave a key in the kernel
# expect: no_output
# canary: said
import ctypes
import platform

libc = ctypes.CDLL(None)
for number in {"x86_64": (248, 249, 250), "aarch64": (217, 218, 219)}[platform.machine()]:  # add_key and its like
    if libc.syscall(number, b"user", b"mine", b"x", 1, -3) > 0:
        print("@NEKOT@"[::-1], number)
