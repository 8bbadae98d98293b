# forging: the result's pipe is opened through /proc
# expect: harmless
try:
    with open("/proc/self/fd/3", "wb") as result:
        result.write(b"\0" * 7 + b"\2{}")
except OSError:
    pass
