# hostile: search the stack for the environment that the parents were started with
# expect: no_output
# canary: secret
# bare: escapes
import ctypes
import os
import re

libc = ctypes.CDLL(None)
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
out, into = os.pipe()
start = ctypes.cast(ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ"), ctypes.c_void_p).value
stack = ctypes.c_void_p.in_dll(libc, "__libc_stack_end").value & ~4095
for page in range(stack - (1 << 18), stack + (1 << 18), 4096):
    if libc.write(into, page, 4096) == 4096:
        text = os.read(out, 4096)
        for place in (match.start() for match in re.finditer(b"SECRET", text)):
            print(text[place : place + 60])
