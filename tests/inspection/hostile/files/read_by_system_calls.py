# hostile: open, openat2 and mmap without Python
# expect: no_output
# canary: secret
# bare: escapes
import ctypes

libc = ctypes.CDLL(None)
text = ctypes.create_string_buffer(4096)
for fd in (libc.open(b"@SECRET@", 0), libc.syscall(437, -100, b"@SECRET@", ctypes.create_string_buffer(24), 24)):
    libc.read(fd, text, 4095)
print(text.value)
