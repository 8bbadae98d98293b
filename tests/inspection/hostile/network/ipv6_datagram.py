# hostile: send a datagram over IPv6
# expect: runtime_error
# canary: silent
# bare: escapes
import socket

socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"hello", ("::ffff:127.0.0.1", int("@UDP@")))
