"""A seccomp-BPF deny list, for programs too large for an allow list: browsers, office suites.

It takes away the network (sockets of any family but Unix), new namespaces, and the calls that reach into other
processes or into the kernel's own affairs. A deny list ages; Landlock and an own user stand beside it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform

from verl_visual_sdpo.inspection.sandbox import seccomp
from verl_visual_sdpo.inspection.sandbox.seccomp import _load, _op, _when

_NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS | NEWCGROUP | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
_AF_UNIX = 1

DENIED = {
    "x86_64": {
        "modify_ldt": 154, "pivot_root": 155, "adjtimex": 159, "chroot": 161, "acct": 163, "settimeofday": 164,
        "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168, "reboot": 169, "sethostname": 170,
        "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175, "delete_module": 176, "quotactl": 179,
        "ptrace": 101, "syslog": 103, "mknod": 133, "uselib": 134, "personality": 135, "vhangup": 153,
        "lookup_dcookie": 212, "clock_settime": 227, "kexec_load": 246, "add_key": 248, "request_key": 249,
        "keyctl": 250, "mknodat": 259, "unshare": 272, "perf_event_open": 298, "fanotify_init": 300,
        "name_to_handle_at": 303, "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308,
        "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "finit_module": 313, "kexec_file_load": 320,
        "bpf": 321, "userfaultfd": 323,
    },
    "aarch64": {
        "lookup_dcookie": 18, "mknodat": 33, "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51,
        "vhangup": 58, "quotactl": 60, "acct": 89, "personality": 92, "unshare": 97, "kexec_load": 104,
        "init_module": 105, "delete_module": 106, "clock_settime": 112, "syslog": 116, "ptrace": 117, "reboot": 142,
        "sethostname": 161, "setdomainname": 162, "settimeofday": 170, "adjtimex": 171, "add_key": 217,
        "request_key": 218, "keyctl": 219, "swapon": 224, "swapoff": 225, "perf_event_open": 241,
        "fanotify_init": 262, "name_to_handle_at": 264, "open_by_handle_at": 265, "clock_adjtime": 266, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "finit_module": 273, "bpf": 280,
        "userfaultfd": 282, "kexec_file_load": 294,
    },
}  # fmt: skip
_EVERYWHERE = {
    "pidfd_send_signal": 424, "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428,
    "move_mount": 429, "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434,
    "pidfd_getfd": 438, "mount_setattr": 442,
}  # fmt: skip
_SOCKET = {"x86_64": 41, "aarch64": 198}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435


def program(machine: str) -> bytes:
    """The filter for ``machine``."""
    denied, allowed = _op(seccomp._RETURN, seccomp._ERRNO | errno.EPERM), _op(seccomp._RETURN, seccomp._ALLOW)
    refused = seccomp._ERRNO | errno.EAFNOSUPPORT
    code = [_op(seccomp._LOAD, seccomp._ARCH), _op(seccomp._JUMP_EQUAL, seccomp._AUDIT_ARCH[machine], 1, 0)]
    code += [_op(seccomp._RETURN, seccomp._KILL_PROCESS), _op(seccomp._LOAD, seccomp._NUMBER)]
    if machine == "x86_64":
        code += [_op(seccomp._JUMP_GREATER_EQUAL, seccomp._X32_BIT, 0, 1), denied]
    for number in sorted({*DENIED[machine].values(), *_EVERYWHERE.values()}):
        code += [_op(seccomp._JUMP_EQUAL, number, 0, 1), denied]
    # glibc falls back to clone when clone3, whose flags lie in memory out of the filter's sight, is "not there"
    code += [_op(seccomp._JUMP_EQUAL, _CLONE3, 0, 1), _op(seccomp._RETURN, seccomp._ERRNO | errno.ENOSYS)]
    family = [_load(0), _op(seccomp._JUMP_EQUAL, _AF_UNIX, 0, 1), allowed]
    code += _when(_SOCKET[machine], family, refused)
    spaces = [_load(0), _op(seccomp._JUMP_ANY_BIT, _NEW_NAMESPACES, 1, 0), allowed]
    code += _when(_CLONE[machine], spaces, seccomp._ERRNO | errno.EPERM)
    return b"".join([*code, allowed])


def supported() -> bool:
    """Whether there is a deny list for this machine's architecture."""
    return platform.machine() in DENIED


def restrict_self() -> None:
    """Put this thread under the filter, for good; what it starts is under it, too. Needs ``no_new_privs``. Raises
    OSError."""
    instructions = program(platform.machine())
    fprog = seccomp._Program(len(instructions) // 8, instructions)
    arguments = (seccomp._PR_SET_SECCOMP, seccomp._SECCOMP_MODE_FILTER, ctypes.byref(fprog), 0, 0)
    if seccomp._libc.prctl(*arguments) != 0:
        raise OSError(ctypes.get_errno(), f"seccomp: the kernel refused the filter ({os.strerror(ctypes.get_errno())})")
