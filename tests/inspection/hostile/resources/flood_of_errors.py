# hostile: write to stderr without end, past Python
# expect: memory
# canary: bounded
import os

while True:
    os.write(2, bytes(1 << 20))
