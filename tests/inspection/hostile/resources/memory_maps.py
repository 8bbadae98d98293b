# hostile: map memory until there is none
# expect: runtime_error, memory
# canary: bounded
import mmap

kept = []
while True:
    kept.append(mmap.mmap(-1, 64 << 20))
    for place in range(0, 64 << 20, 4096):
        kept[-1][place] = 1
