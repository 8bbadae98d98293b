# hostile: run a program that it wrote itself
# expect: no_output
# canary: said
import ctypes
import os

with open("mine", "w") as file:
    file.write("#!/bin/sh\necho @NEKOT@ | rev\n")
try:
    os.execv("./mine", ["mine"])
except OSError:
    pass
libc = ctypes.CDLL(None)
fd = os.open("mine", os.O_RDONLY)
if libc.fexecve(fd, (ctypes.c_char_p * 2)(b"mine"), (ctypes.c_char_p * 1)()) >= 0:
    print("@NEKOT@"[::-1])
