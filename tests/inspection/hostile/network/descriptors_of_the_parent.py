# hostile: take the parent's socket by pidfd_getfd
# expect: no_output
# canary: said
import ctypes
import os

libc = ctypes.CDLL(None)
pidfd = libc.syscall(434, os.getppid(), 0)
if pidfd >= 0:
    print("@NEKOT@"[::-1], "pidfd")
for fd in range(64):
    if libc.syscall(438, pidfd, fd, 0) >= 0:
        print("@NEKOT@"[::-1], fd)
