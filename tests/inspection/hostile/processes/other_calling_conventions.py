# hostile: call the kernel as 32-bit and x32 programs do, past a filter of numbers
# expect: no_output, runtime_error
# canary: said
import ctypes
import mmap
import platform

libc = ctypes.CDLL(None)
if platform.machine() == "x86_64":
    if libc.syscall(0x40000000 | 41, 2, 1, 0) >= 0 or libc.syscall(0x40000000 | 39) >= 0:
        print("@NEKOT@"[::-1], "x32")
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(b"\x53\xb8\x14\x00\x00\x00\xcd\x80\x5b\xc3")  # getpid of the 32-bit table
    if ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))() > 0:
        print("@NEKOT@"[::-1], "32 bit")
