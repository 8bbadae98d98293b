# hostile: look a name up
# expect: runtime_error
# canary: said
# bare: escapes
import socket

if socket.getaddrinfo("localhost", 80):
    print("@NEKOT@"[::-1])
