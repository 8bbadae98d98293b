# hostile: end by a fault of memory
# expect: runtime_error
# canary: answered
import ctypes

ctypes.string_at(0)
