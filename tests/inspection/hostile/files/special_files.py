# hostile: make pipes and devices in its own folder
# expect: no_output
# canary: said
import os
import stat

for kind in (stat.S_IFIFO, stat.S_IFSOCK, stat.S_IFCHR, stat.S_IFBLK):
    try:
        os.mknod(f"special-{kind}", 0o666 | kind, os.makedev(1, 1))
        print("@NEKOT@"[::-1], kind)
    except OSError:
        pass
