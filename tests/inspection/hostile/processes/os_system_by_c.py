# hostile: run a shell by the C library
# expect: no_output
# canary: untouched
# bare: escapes
import ctypes

ctypes.CDLL(None).system(b"echo mine > @OUTSIDE@/new")
