"""A seccomp-BPF allow list by ctypes: which system calls a program may make (man 2 seccomp).

An allow list, because a deny list ages: io_uring, pidfd and the next kernel's inventions are closed without being
named. Denied calls answer EPERM rather than kill, so that a library that merely probes degrades as it would on a
locked-down host.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import signal
import struct

from verl_visual_sdpo.inspection.sandbox.syscalls import ALLOWED, RESTRICTED

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_LOAD, _JUMP_EQUAL, _JUMP_ANY_BIT, _JUMP_GREATER_EQUAL, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16  # offsets in struct seccomp_data
_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 22, 2
_X32_BIT = 0x40000000

_CLONE_THREAD = 0x00010000
_FCNTL = (0, 1, 2, 3, 4, 5, 6, 7, 1030)  # F_DUPFD .. F_SETLKW, F_DUPFD_CLOEXEC; not F_SETOWN, which sends signals
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONCLEX, FIOCLEX
_PRCTL = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]


def supported() -> bool:
    """Whether there is an allow list for this machine's architecture."""
    return platform.machine() in ALLOWED


def program(machine: str, pid: int) -> bytes:
    """The filter for ``machine``, run by the process ``pid`` (signals to its own threads alone stay possible)."""
    call = RESTRICTED[machine]
    denied, allowed = _ERRNO | errno.EPERM, _op(_RETURN, _ALLOW)
    code = [_op(_LOAD, _ARCH), _op(_JUMP_EQUAL, _AUDIT_ARCH[machine], 1, 0), _op(_RETURN, _KILL_PROCESS)]
    code += [_op(_LOAD, _NUMBER)]
    if machine == "x86_64":
        code += [_op(_JUMP_GREATER_EQUAL, _X32_BIT, 0, 1), _op(_RETURN, denied)]
    for number in sorted(ALLOWED[machine].values()):
        code += [_op(_JUMP_EQUAL, number, 0, 1), allowed]
    # glibc falls back to clone when clone3, whose flags lie in memory out of the filter's sight, is "not there"
    code += [_op(_JUMP_EQUAL, call["clone3"], 0, 1), _op(_RETURN, _ERRNO | errno.ENOSYS)]
    thread_only = [_load(0), _op(_JUMP_ANY_BIT, _CLONE_THREAD, 0, 1), allowed]
    code += _when(call["clone"], thread_only, denied)
    for name, argument, values in (
        ("fcntl", 1, _FCNTL),
        ("ioctl", 1, _IOCTL),
        ("prctl", 0, _PRCTL),
    ):
        checks = [_load(argument)]
        for value in values:
            checks += [_op(_JUMP_EQUAL, value, 0, 1), allowed]
        code += _when(call[name], checks, denied)
    # signals to its own threads, but SIGKILL: a job ended by one was killed by somebody else (see losses.py)
    own = [_load(2), _op(_JUMP_EQUAL, signal.SIGKILL, 3, 0), _load(0), _op(_JUMP_EQUAL, pid, 0, 1), allowed]
    code += _when(call["tgkill"], own, denied)
    # reading one's own limits: pid 0 (or ours) and no new limit, i.e. both halves of the pointer are null
    own = [_load(2), _op(_JUMP_EQUAL, 0, 0, 6), _load(2, high=True), _op(_JUMP_EQUAL, 0, 0, 4), _load(0)]
    own += [_op(_JUMP_EQUAL, 0, 1, 0), _op(_JUMP_EQUAL, pid, 0, 1), allowed]
    code += _when(call["prlimit64"], own, denied)
    return b"".join([*code, _op(_RETURN, denied)])


def restrict_self(pid: int) -> None:
    """Put this thread under the filter, for good. Needs ``no_new_privs``. Raises OSError."""
    instructions = program(platform.machine(), pid)
    fprog = _Program(len(instructions) // 8, instructions)
    if _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(fprog), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp: the kernel refused the filter")


def _op(code: int, k: int, if_true: int = 0, if_false: int = 0) -> bytes:
    """One ``struct sock_filter``; the jumps count instructions to skip."""
    return struct.pack("=HBBI", code, if_true, if_false, k)


def _load(argument: int, *, high: bool = False) -> bytes:
    return _op(_LOAD, _ARGUMENTS + 8 * argument + 4 * high)


def _when(number: int, checks: list[bytes], denied: int) -> list[bytes]:
    """Run ``checks`` for this call (they return to allow, fall through to deny); other calls skip them."""
    return [_op(_JUMP_EQUAL, number, 0, len(checks) + 1), *checks, _op(_RETURN, denied)]
