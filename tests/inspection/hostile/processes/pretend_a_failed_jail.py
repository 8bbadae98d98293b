# hostile: write what the parent would read as a jail that could not be put on
# expect: runtime_error, memory
# canary: answered
import os

for fd in range(3, 10):
    try:
        os.write(fd, b"-" * 100)
    except OSError:
        pass
os._exit(0)
