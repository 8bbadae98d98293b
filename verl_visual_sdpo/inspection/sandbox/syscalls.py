"""System call numbers of what a program may call, from the kernel's unistd.h; the rest answers EPERM."""

# fmt: off
ALLOWED = {
    "x86_64": {
        "read": 0, "write": 1, "readv": 19, "writev": 20, "pread64": 17, "pwrite64": 18, "close": 3, "lseek": 8,
        "fstat": 5, "newfstatat": 262, "stat": 4, "lstat": 6, "statx": 332, "statfs": 137, "fstatfs": 138,
        "open": 2, "openat": 257, "access": 21, "faccessat": 269, "faccessat2": 439, "readlink": 89,
        "readlinkat": 267, "getcwd": 79, "chdir": 80, "fchdir": 81, "getdents64": 217, "mkdir": 83,
        "mkdirat": 258, "rmdir": 84, "unlink": 87, "unlinkat": 263, "rename": 82, "renameat": 264,
        "renameat2": 316, "ftruncate": 77, "truncate": 76, "fsync": 74, "fdatasync": 75,
        "flock": 73, "dup": 32, "dup2": 33, "dup3": 292, "pipe": 22, "pipe2": 293, "poll": 7, "ppoll": 271,
        "select": 23, "pselect6": 270, "eventfd2": 290, "sendfile": 40, "copy_file_range": 326, "umask": 95,
        "mmap": 9, "munmap": 11, "mprotect": 10, "mremap": 25, "madvise": 28, "mincore": 27, "brk": 12,
        "getuid": 102, "getresuid": 118, "getresgid": 120, "geteuid": 107, "getgid": 104, "getegid": 108,
        "getgroups": 115, "getpid": 39, "getppid": 110, "gettid": 186, "getpgrp": 111, "getpgid": 121,
        "getsid": 124, "sched_yield": 24, "sched_getaffinity": 204, "sched_getscheduler": 145,
        "sched_getparam": 143, "sched_get_priority_max": 146, "sched_get_priority_min": 147, "getcpu": 309,
        "clock_gettime": 228, "clock_getres": 229, "clock_nanosleep": 230, "nanosleep": 35, "gettimeofday": 96,
        "time": 201, "times": 100, "getitimer": 36, "getrusage": 98, "getrlimit": 97, "uname": 63,
        "sysinfo": 99, "getrandom": 318, "futex": 202, "set_robust_list": 273, "get_robust_list": 274,
        "set_tid_address": 218, "rseq": 334, "membarrier": 324, "arch_prctl": 158, "rt_sigaction": 13,
        "rt_sigprocmask": 14, "rt_sigreturn": 15, "rt_sigpending": 127, "rt_sigtimedwait": 128,
        "sigaltstack": 131, "restart_syscall": 219, "exit": 60, "exit_group": 231,
    },
    "aarch64": {
        "read": 63, "write": 64, "readv": 65, "writev": 66, "pread64": 67, "pwrite64": 68, "close": 57,
        "lseek": 62, "fstat": 80, "newfstatat": 79, "statx": 291, "statfs": 43, "fstatfs": 44, "openat": 56,
        "faccessat": 48, "faccessat2": 439, "readlinkat": 78, "getcwd": 17, "chdir": 49, "fchdir": 50,
        "getdents64": 61, "mkdirat": 34, "unlinkat": 35, "renameat": 38, "renameat2": 276, "ftruncate": 46,
        "truncate": 45, "fsync": 82, "fdatasync": 83, "flock": 32, "dup": 23, "dup3": 24,
        "pipe2": 59, "ppoll": 73, "pselect6": 72, "eventfd2": 19, "sendfile": 71, "copy_file_range": 285,
        "umask": 166, "mmap": 222, "munmap": 215, "mprotect": 226, "mremap": 216, "madvise": 233,
        "mincore": 232, "brk": 214, "getuid": 174, "getresuid": 148, "getresgid": 150, "geteuid": 175,
        "getgid": 176, "getegid": 177, "getgroups": 158, "getpid": 172, "getppid": 173, "gettid": 178,
        "getpgid": 155, "getsid": 156, "sched_yield": 124, "sched_getaffinity": 123, "sched_getscheduler": 120,
        "sched_getparam": 121, "sched_get_priority_max": 125, "sched_get_priority_min": 126, "getcpu": 168,
        "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "nanosleep": 101,
        "gettimeofday": 169, "times": 153, "getitimer": 102, "getrusage": 165, "getrlimit": 163, "uname": 160,
        "sysinfo": 179, "getrandom": 278, "futex": 98, "set_robust_list": 99, "get_robust_list": 100,
        "set_tid_address": 96, "rseq": 293, "membarrier": 283, "rt_sigaction": 134, "rt_sigprocmask": 135,
        "rt_sigreturn": 139, "rt_sigpending": 136, "rt_sigtimedwait": 137, "sigaltstack": 132,
        "restart_syscall": 128, "exit": 93, "exit_group": 94,
    },
}
"""Allowed whatever the arguments: files (Landlock decides which), memory, time, threads, reading one's own state. Not
fallocate: it takes gigabytes of disk in no time, between two looks at the folder."""

RESTRICTED = {
    "x86_64": {"clone": 56, "clone3": 435, "fcntl": 72, "ioctl": 16, "prctl": 157, "prlimit64": 302, "tgkill": 234},
    "aarch64": {"clone": 220, "clone3": 435, "fcntl": 25, "ioctl": 29, "prctl": 167, "prlimit64": 261, "tgkill": 131},
}
"""Allowed for some arguments only: see ``seccomp.program``."""
# fmt: on
