"""What a job's process puts on before the program runs, and how each layer is called.

The layers are listed in ``layers.py``; the outer ones (environment, deadline, output, folder) are the parent's.

Not stopped by any of them: a program shares its process with the recorder and can lie about what it drew (the caller
decodes the picture itself, and bounds its size); it can stat a file that it cannot open, and so learn that a name it
guesses exists, its size and its times. Files and threads are counted every 100 ms, not by the kernel: a program gets as
far beyond their limits as it can in that time, and files that it has open without a name (at most ``open_files`` of
``file_mib`` each) are not counted.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sysconfig
from collections.abc import Mapping
from typing import Any

from verl_visual_sdpo.inspection.sandbox import landlock, privileges, seccomp

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38

_libc = ctypes.CDLL(None, use_errno=True)


def enter(layers: frozenset[str], limits: Mapping[str, Any], ruleset_fd: int | None, loan: privileges.Loan) -> None:
    """Put on ``layers``, in the one order that works. Raises OSError when one cannot be put on.

    ``limits``: ``seconds``, ``memory_mib`` (on top of what the parent had mapped), ``file_mib``, ``open_files``,
    ``threads``.
    """
    parent = os.getppid()
    if "privileges" in layers:
        privileges.drop(loan)
        die_with_parent(parent)  # a change of uid forgets it (man 2 PR_SET_PDEATHSIG)
    if "limits" in layers:
        set_limits(limits, own_uid="privileges" in layers and loan.uid is not None)
    if "landlock" in layers or "seccomp" in layers:
        privileges.prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if "landlock" in layers and ruleset_fd is not None:
        landlock.restrict_self(ruleset_fd)
        os.close(ruleset_fd)
    if "seccomp" in layers:
        seccomp.restrict_self(os.getpid())


def die_with_parent(parent: int) -> None:
    """Be killed when ``parent`` dies, also if it has just died."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def set_limits(limits: Mapping[str, Any], *, own_uid: bool) -> None:
    """The kernel counts processes and threads by user: only a user that has nothing else may be bounded by it, or a
    busy trainer would leave its programs none. The others' threads are counted by the parent of the jobs."""
    seconds, mib = int(limits["seconds"]) + 1, 1 << 20
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # SIGXCPU first, SIGKILL a second later
    mapped = int(_first_line("/proc/self/statm").split()[0]) * resource.getpagesize()
    values = {
        resource.RLIMIT_AS: mapped + int(limits["memory_mib"]) * mib,
        resource.RLIMIT_FSIZE: int(limits["file_mib"]) * mib,
        resource.RLIMIT_NOFILE: int(limits["open_files"]),
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if own_uid:
        values[resource.RLIMIT_NPROC] = int(limits["threads"])
    for name, value in values.items():
        hard = resource.getrlimit(name)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value))


def library_paths() -> list[str]:
    """Where Python, its packages and the shared libraries lie."""
    paths = sysconfig.get_paths()
    found = [paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return sorted({os.path.realpath(p) for path in found for p in (path, os.path.dirname(path))})


def readable_paths() -> list[str]:
    """What a program may read besides its job folder."""
    system = [
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/usr/local/lib",
        "/usr/share/fonts",
        "/usr/local/share/fonts",
    ]
    system += ["/usr/share/zoneinfo", "/etc/localtime", "/etc/ld.so.cache", "/dev/zero", "/dev/urandom"]
    return [*library_paths(), *system]


def writable_paths(job_folder: str) -> list[str]:
    """Where a program may write."""
    return [job_folder, os.devnull]


def _first_line(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.readline()
