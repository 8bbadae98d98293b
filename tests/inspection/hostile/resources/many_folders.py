# hostile: use up the inodes by folders in folders
# expect: memory
# canary: bounded
import os

for number in range(1000):
    for deeper in range(1000):
        os.makedirs(f"{number}/{deeper}/x/y/z")
