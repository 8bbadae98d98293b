# hostile: attach to the parent of all jobs
# expect: no_output
# canary: said
import ctypes
import os

libc = ctypes.CDLL(None)
for request in (16, 0x4206, 0):  # attach, seize, trace me
    if libc.ptrace(request, os.getppid(), 0, 0) == 0:
        print("@NEKOT@"[::-1], request)
