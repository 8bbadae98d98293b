# hostile: wait for somebody to call
# expect: runtime_error
# canary: said
# bare: escapes
import socket

server = socket.create_server(("127.0.0.1", 0))
print("@NEKOT@"[::-1])
