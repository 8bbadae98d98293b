# hostile: make a channel that could carry descriptors
# expect: runtime_error
# canary: said
# bare: escapes
import socket

socket.socketpair()
print("@NEKOT@"[::-1])
