# hostile: fill the disk with files that are open and removed
# expect: runtime_error, memory
# canary: bounded
import os

kept = []
while True:
    kept.append(open("file", "wb"))
    os.remove("file")
    kept[-1].write(bytes(1 << 20))
