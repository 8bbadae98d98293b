# hostile: connect past the socket module
# expect: runtime_error
# canary: silent
# bare: escapes
import _socket

connection = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
connection.connect(("127.0.0.1", int("@TCP@")))
connection.send(b"hello")
