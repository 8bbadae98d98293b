# hostile: recurse until the stack is gone
# expect: runtime_error, memory, timeout
# canary: answered
import sys

sys.setrecursionlimit(1 << 30)


def deeper(x):
    return deeper(eval("x"))


deeper(1)
