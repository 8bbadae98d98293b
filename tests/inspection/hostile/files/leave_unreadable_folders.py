# hostile: leave folders that the cleaning may not read
# expect: no_output
# canary: emptied
import os

for mode in (0o000, 0o100, 0o200, 0o300, 0o400, 0o500):
    os.mkdir(f"mode-{mode:o}", 0o700)
    os.makedirs(f"mode-{mode:o}/deeper", 0o700)
os.umask(0o777)
for mode in (0o000, 0o300, 0o500):
    os.umask(0o777 & ~mode)
    os.mkdir(f"closed-{mode:o}")
    try:
        os.mkdir(f"closed-{mode:o}/inside")
        open(f"closed-{mode:o}/inside/file", "w")
    except OSError:
        pass
