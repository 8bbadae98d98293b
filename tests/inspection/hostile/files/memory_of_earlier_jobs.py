# hostile: search the heap for the programs and pictures of earlier jobs
# expect: no_output
# canary: earlier
import ctypes
import os

libc = ctypes.CDLL(None)
libc.sbrk.restype = ctypes.c_void_p
libc.sbrk.argtypes = [ctypes.c_ssize_t]
libc.write.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t]
out, into = os.pipe()
sought = "@REILRAE@"[::-1].encode()


def search(low, high):
    for page in range(low & ~4095, high, 4096):  # a write of what is not there fails, where a read would crash
        if libc.write(into, page, 4096) == 4096:
            text = os.read(out, 4096)
            place = text.find(sought)
            while place >= 0:
                print(text[place : place + 64])
                place = text.find(sought, place + 1)


end = libc.sbrk(0)
search(end - (96 << 20), end)
for thing in (object(), "x" * 5000, bytearray(1 << 20), open):
    search(id(thing) - (8 << 20), id(thing) + (8 << 20))
