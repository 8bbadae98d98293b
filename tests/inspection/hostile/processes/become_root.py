# hostile: become root, or anybody
# expect: no_output
# canary: said
# bare: escapes as root
import ctypes
import os

libc = ctypes.CDLL(None)
for attempt in (
    lambda: os.setuid(0),
    lambda: os.setresuid(0, 0, 0),
    lambda: os.setresuid(1, 1, 1),
    lambda: os.setgid(0),
    lambda: os.setgroups([0]),
):
    try:
        attempt()
        print("@NEKOT@"[::-1])
    except OSError:
        pass
everything = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
if libc.capset((ctypes.c_uint32 * 2)(0x20080522, 0), everything) == 0:
    print("@NEKOT@"[::-1], "capset")
