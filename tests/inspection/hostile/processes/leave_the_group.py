# hostile: leave the group that is killed
# expect: no_output
# canary: said
# bare: escapes
import os

for attempt in (os.setsid, lambda: os.setpgid(0, 0), lambda: os.setpgid(0, os.getppid())):
    try:
        attempt()
        print("@NEKOT@"[::-1])
    except OSError:
        pass
