# hostile: leave memory behind that outlives the job
# expect: no_output
# canary: said
import ctypes
from multiprocessing import shared_memory

libc = ctypes.CDLL(None)
if libc.shmget(0x5EC8E7, 1 << 20, 0o1666) >= 0:
    print("@NEKOT@"[::-1], "shmget")
if libc.semget(0x5EC8E7, 1, 0o1666) >= 0:
    print("@NEKOT@"[::-1], "semget")
if libc.msgget(0x5EC8E7, 0o1666) >= 0:
    print("@NEKOT@"[::-1], "msgget")
if libc.mq_open(b"/mine", 0o102, 0o600, None) >= 0:
    print("@NEKOT@"[::-1], "mq_open")
try:
    shared_memory.SharedMemory("mine", create=True, size=4096)
    print("@NEKOT@"[::-1], "shm_open")
except OSError:
    pass
