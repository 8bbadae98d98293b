# hostile: connect to a Unix socket by its path
# expect: runtime_error
# canary: silent
# bare: escapes
import socket

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect("@UNIX@")
    connection.send(b"hello")
