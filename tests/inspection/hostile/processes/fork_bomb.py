# hostile: fork without end, by every call there is
# expect: no_output
# canary: alone
import ctypes
import os
import platform

libc = ctypes.CDLL(None)
clone = {"x86_64": 56, "aarch64": 220}[platform.machine()]
arguments = ctypes.create_string_buffer((0).to_bytes(32, "little") + (17).to_bytes(8, "little") + bytes(48), 88)
children = []
for _ in range(3):
    children += [libc.syscall(clone, 17, 0, 0, 0, 0), libc.syscall(435, arguments, 88)]
    try:
        children.append(os.fork())
    except OSError:
        children.append(-1)
if max(children) >= 0:
    print("@NEKOT@"[::-1])
if 0 in children:
    os._exit(0)
