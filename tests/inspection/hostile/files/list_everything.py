# hostile: list what lies outside
# expect: no_output
# canary: said
# bare: escapes
import os

for place in ("/", "/tmp", "/proc", "/proc/self", "/proc/self/fd", "/dev", "/sys", "/etc", "/home", "..", "@OUTSIDE@"):
    try:
        print("@NEKOT@"[::-1], place, os.listdir(place))
    except OSError:
        pass
