# hostile: change the memory of the parent of all jobs
# expect: no_output
# canary: said
import ctypes
import os

libc = ctypes.CDLL(None)
mine = ctypes.create_string_buffer(b"forged", 8)
local = (ctypes.c_void_p * 2)(ctypes.addressof(mine), 8)
remote = (ctypes.c_void_p * 2)(id(os), 8)
if libc.process_vm_writev(os.getppid(), local, 1, remote, 1, 0) > 0:
    print("@NEKOT@"[::-1])
try:
    open(f"/proc/{os.getppid()}/mem", "r+b")
    print("@NEKOT@"[::-1])
except OSError:
    pass
