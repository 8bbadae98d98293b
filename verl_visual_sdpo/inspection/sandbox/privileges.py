"""Who a program runs as: nobody with any power, and a user of its own where root can lend one."""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

FIRST_UID, UIDS = 60_000, 4_000
"""The users that are lent; nobody else should be one of them."""

_CHOWN, _DAC_OVERRIDE, _DAC_READ_SEARCH, _FOWNER, _KILL, _SETGID, _SETUID, _LAST = 0, 1, 2, 3, 5, 6, 7, 63  # see man 7
_NEEDED = frozenset({_CHOWN, _DAC_OVERRIDE, _FOWNER, _KILL, _SETGID, _SETUID})  # to become, clean up after, end
_VERSION_3 = 0x20080522
_PR_SET_DUMPABLE, _PR_SET_KEEPCAPS, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 8, 24, 38

_libc = ctypes.CDLL(None, use_errno=True)


class Hold:
    """A name that one process of a machine can have at a time, and loses when it ends.

    Raises OSError when it is taken.
    """

    def __init__(self, name: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._socket.bind(f"\0{name}")
        except OSError:
            self._socket.close()
            raise

    def pass_on(self) -> None:
        """Let the program that this process becomes have it."""
        self._socket.set_inheritable(True)

    def __del__(self) -> None:
        self._socket.close()


@dataclass(frozen=True, slots=True)
class Loan:
    """What root lends to a worker's programs: ``uid`` (None: they stay who we are, ``why_not`` says why), and with
    ``reads_all`` the one capability of reading what root may read, where the interpreter is not open to everyone.
    That reaches no further than a program of root's own would, and Landlock bounds it. As long as ``hold`` is open
    nobody else on this machine is lent that user: the kernel counts processes and allows signals by user."""

    uid: int | None = None
    reads_all: bool = False
    why_not: str = "left out"
    hold: Hold | None = field(default=None, compare=False)


def lend(home: Path, libraries: Iterable[str]) -> Loan:
    """The loan for the worker that lives in ``home`` and reads ``libraries``, as far as our own capabilities go."""
    if os.geteuid() != 0:
        return Loan(why_not="we are not root")
    held = effective()
    if _NEEDED - held:
        return Loan(why_not="root here lacks some of CAP_SETUID, SETGID, CHOWN, FOWNER, DAC_OVERRIDE and KILL")
    closed = [path for path in libraries if os.path.exists(path) and not _open_to_all(path)]
    closed += [] if _within_reach(str(home.parent)) else [str(home.parent)]
    if closed and _DAC_READ_SEARCH not in held:
        return Loan(why_not=f"not everyone may read {closed[0]}")
    for number in range(UIDS):
        uid = FIRST_UID + (os.getpid() + number) % UIDS
        with contextlib.suppress(OSError):
            return Loan(uid, bool(closed), "", Hold(f"visual-sdpo-user-{uid}"))
    return Loan(why_not=f"none of {UIDS} users could be reserved")


def drop(loan: Loan) -> None:
    """Become the loan's user, without any capability but the one it lends, or a way to get one back. Raises OSError."""
    kept = 1 << _DAC_READ_SEARCH if loan.reads_all else 0
    if loan.uid is not None:
        os.setgroups([])
        os.setresgid(loan.uid, loan.uid, loan.uid)
        prctl(_PR_SET_KEEPCAPS, int(loan.reads_all))
    if os.geteuid() == 0:
        for capability in range(_LAST + 1):
            _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    if loan.uid is not None:
        os.setresuid(loan.uid, loan.uid, loan.uid)
        prctl(_PR_SET_KEEPCAPS, 0)
    header = (ctypes.c_uint32 * 2)(_VERSION_3, 0)
    if _libc.capset(header, (ctypes.c_uint32 * 6)(kept, kept, 0, 0, 0, 0)) != 0:
        raise OSError(ctypes.get_errno(), "capset: capabilities cannot be dropped")
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    prctl(_PR_SET_DUMPABLE, 0)


def effective() -> frozenset[int]:
    """The capabilities in force for this thread, by number."""
    header, data = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    if _libc.capget(header, data) != 0:
        return frozenset()
    return frozenset(bit + 32 * half for half in (0, 1) for bit in range(32) if data[3 * half] >> bit & 1)


def prctl(option: int, value: int) -> None:
    """Raises OSError when it is refused."""
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")


def _open_to_all(path: str) -> bool:
    return bool(os.stat(path).st_mode & 0o004) and _within_reach(path)


def _within_reach(path: str) -> bool:
    """Whether everyone may walk down to a folder."""
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True
