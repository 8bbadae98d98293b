# hostile: speak on a descriptor that the parents forgot to close
# expect: no_output
# canary: said
import os
import stat

for fd in range(5, 65536):
    try:
        kind = os.fstat(fd).st_mode
    except OSError:
        continue
    print("@NEKOT@"[::-1], fd, kind)
for fd in range(5):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            print("@NEKOT@"[::-1], "a socket", fd)
    except OSError:
        pass
