# hostile: leave a tree so deep that removing it recursively fails
# expect: memory, no_output, timeout
# canary: emptied
import os

for _ in range(10_000):
    os.mkdir("d")
    os.chdir("d")
