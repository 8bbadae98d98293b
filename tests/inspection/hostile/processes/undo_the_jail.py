# hostile: take layers off again
# expect: no_output
# canary: said
import ctypes
import platform

libc = ctypes.CDLL(None)
for option, value in ((38, 0), (22, 0), (4, 1), (8, 1), (24, 0), (28, 0), (47, 2), (0x59616D61, -1), (23, 6)):
    if libc.prctl(option, value, 0, 0, 0) == 0:
        print("@NEKOT@"[::-1], option)
seccomp = {"x86_64": 317, "aarch64": 277}[platform.machine()]
everything = ctypes.create_string_buffer(bytes([6, 0, 0, 0, 0, 0, 0xFF, 0x7F]), 8)
program = (ctypes.c_uint64 * 2)(1, ctypes.addressof(everything))
if libc.syscall(seccomp, 1, 0, program) == 0:
    print("@NEKOT@"[::-1], "seccomp")
