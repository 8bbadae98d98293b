# hostile: connect with the C library alone
# expect: no_output
# canary: silent
# bare: escapes
import ctypes
import struct

libc = ctypes.CDLL(None)
fd = libc.socket(2, 1, 0)
address = struct.pack("=H", 2) + struct.pack("!H", int("@TCP@")) + bytes([127, 0, 0, 1]) + bytes(8)
libc.connect(fd, address, len(address))
libc.send(fd, b"hello", 5, 0)
