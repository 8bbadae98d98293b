# hostile: put a file of its own in the place of another
# expect: no_output
# canary: untouched
# bare: escapes
import ctypes

open("mine", "w").write("mine")
libc = ctypes.CDLL(None)
libc.renameat2(-100, b"mine", -100, b"@SECRET@", 2)
libc.renameat2(-100, b"mine", -100, b"@OUTSIDE@/mine", 0)
