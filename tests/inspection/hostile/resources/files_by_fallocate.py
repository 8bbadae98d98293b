# hostile: fill the disk without writing
# expect: memory, runtime_error
# canary: bounded
import os

for number in range(100_000):
    fd = os.open(f"file-{number}", os.O_CREAT | os.O_RDWR)
    os.posix_fallocate(fd, 0, 32 << 20)
    os.close(fd)
