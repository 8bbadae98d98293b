# hostile: read the parent through /proc and process_vm_readv
# expect: no_output
# canary: said
import ctypes
import os

libc = ctypes.CDLL(None)
mine = ctypes.create_string_buffer(64)
theirs = ctypes.create_string_buffer(64)  # a fork: the same address is mapped in the parent
local = (ctypes.c_void_p * 2)(ctypes.addressof(mine), 64)
remote = (ctypes.c_void_p * 2)(id(os), 64)
if libc.process_vm_readv(os.getppid(), local, 1, remote, 1, 0) > 0:
    print("@NEKOT@"[::-1])
for name in ("mem", "maps", "smaps", "pagemap", "auxv", "stack", "cmdline", "status"):
    try:
        open(f"/proc/{os.getppid()}/{name}", "rb").read(16)
        print("@NEKOT@"[::-1], name)
    except OSError:
        pass
