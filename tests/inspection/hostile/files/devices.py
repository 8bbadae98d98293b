# hostile: open devices
# expect: no_output
# canary: said
import glob
import os

names = "mem kmem kmsg port vda sda tty tty0 ptmx console shm fuse kvm loop0 loop-control full random input net/tun"
for path in [f"/dev/{name}" for name in names.split()] + ["/dev/pts/0", "/dev/shm/x"]:
    for flags in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_CREAT):
        try:
            os.close(os.open(path, flags))
            print("@NEKOT@"[::-1], path)
        except OSError:
            pass
