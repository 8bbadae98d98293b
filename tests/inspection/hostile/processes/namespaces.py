# hostile: hide in namespaces and mount over the libraries
# expect: no_output
# canary: said
# bare: escapes as root
import ctypes
import os

libc = ctypes.CDLL(None)
for flag in (0x10000000, 0x00020000, 0x40000000, 0x20000000, 0x08000000):
    if libc.unshare(flag) == 0:
        print("@NEKOT@"[::-1], hex(flag))
if libc.mount(b"none", b".", b"tmpfs", 0, None) == 0:
    print("@NEKOT@"[::-1], "mount")
try:
    os.chroot(".")
    print("@NEKOT@"[::-1], "chroot")
except OSError:
    pass
