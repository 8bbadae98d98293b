# hostile: open a file by its handle, which needs no path
# expect: no_output
# canary: secret
import ctypes

libc = ctypes.CDLL(None, use_errno=True)
handle = ctypes.create_string_buffer((128).to_bytes(4, "little") + bytes(132), 136)
mount = ctypes.c_int()
libc.name_to_handle_at(-100, b"@SECRET@", handle, ctypes.byref(mount), 0)
text = ctypes.create_string_buffer(4096)
libc.read(libc.open_by_handle_at(libc.open(b".", 0), handle, 0), text, 4095)
print(text.value)
