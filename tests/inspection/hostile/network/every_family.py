# hostile: open a socket of any family and type there is
# expect: no_output
# canary: said
# bare: escapes
import socket

for family in range(48):
    for kind in (1, 2, 3, 5):
        try:
            socket.socket(family, kind).close()
            print("@NEKOT@"[::-1], family, kind)
        except OSError:
            pass
