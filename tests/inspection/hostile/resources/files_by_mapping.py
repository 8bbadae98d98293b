# hostile: fill the disk through maps
# expect: memory, runtime_error
# canary: bounded
import mmap
import os

for number in range(100_000):
    fd = os.open(f"file-{number}", os.O_CREAT | os.O_RDWR)
    os.ftruncate(fd, 16 << 20)
    with mmap.mmap(fd, 16 << 20) as pages:
        pages.write(bytes(16 << 20))
    os.close(fd)
