# hostile: write on every descriptor without end
# expect: memory, runtime_error
# canary: bounded
import os

while True:
    for fd in range(3, 64):
        try:
            os.write(fd, bytes(1 << 20))
        except OSError:
            pass
