# hostile: connect to a Unix socket that has no path
# expect: runtime_error
# canary: silent
# bare: escapes
import socket

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect("\0@ABSTRACT@")
    connection.send(b"hello")
