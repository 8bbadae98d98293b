# hostile: open what has let programs into the kernel before
# expect: no_output
# canary: said
import ctypes
import platform

libc = ctypes.CDLL(None)
x86 = platform.machine() == "x86_64"
zeros = ctypes.create_string_buffer(256)
doors = {
    "bpf": (321 if x86 else 280, 0, zeros, 128),
    "perf_event_open": (298 if x86 else 241, zeros, 0, -1, -1, 0),
    "userfaultfd": (323 if x86 else 282, 0),
    "io_uring_setup": (425, 8, zeros),
    "personality": (135 if x86 else 92, 0x0040000),
    "memfd_secret": (447, 0),
    "landlock_create_ruleset": (444, None, 0, 1),
    "init_module": (175 if x86 else 105, zeros, 0, b""),
    "kexec_load": (246 if x86 else 104, 0, 0, None, 0),
    "fanotify_init": (300 if x86 else 262, 0, 0),
    "inotify_init1": (294 if x86 else 26, 0),
    "signalfd4": (289 if x86 else 74, -1, zeros, 8, 0),
    "vmsplice": (278 if x86 else 75, 1, zeros, 0, 0),
    "modify_ldt": (154 if x86 else 9999, 0, zeros, 0),
    "fsopen": (430, b"tmpfs", 0),
    "quotactl": (179 if x86 else 60, 0x800001, None, 0, None),
}
for name, (number, *arguments) in doors.items():
    if libc.syscall(number, *arguments) >= 0:
        print("@NEKOT@"[::-1], name)
