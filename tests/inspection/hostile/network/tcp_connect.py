# hostile: connect to a listening port of this machine and send
# expect: runtime_error
# canary: silent
# bare: escapes
import socket

connection = socket.create_connection(("127.0.0.1", int("@TCP@")), timeout=5)
connection.sendall(b"the reference, please")
