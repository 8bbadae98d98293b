# hostile: kill another process by the calls that nobody thinks of
# expect: no_output
# canary: alive
# bare: escapes
import ctypes
import fcntl
import os
import platform

libc = ctypes.CDLL(None)
x86 = platform.machine() == "x86_64"
libc.syscall(234 if x86 else 131, int("@VICTIM@"), int("@VICTIM@"), 9)  # tgkill
libc.syscall(200 if x86 else 130, int("@VICTIM@"), 9)  # tkill
info = ctypes.create_string_buffer(b"\x09\0\0\0\0\0\0\0\xff\xff\xff\xff", 128)
libc.syscall(129 if x86 else 138, int("@VICTIM@"), 9, info)  # rt_sigqueueinfo
libc.syscall(424, libc.syscall(434, int("@VICTIM@"), 0), 9, None, 0)  # pidfd_send_signal
out, into = os.pipe()
for command, value in (
    (8, int("@VICTIM@")),
    (10, 9),
    (fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK),
):  # a signal when it is read
    libc.fcntl(out, command, value)
os.write(into, b"x")
