"""What a job's process puts on before the program runs, and how each layer is called.

Layers, outermost first
    environment  the parent of the jobs is exec'd with a scrubbed environment: no secret of the trainer is in memory
    deadline     wall time, enforced from outside by killing the process group
    limits       rlimits: CPU time, address space, file size, descriptors, no core
    privileges   no capability, no_new_privs, not dumpable; and a uid of its own where root can lend one
    landlock     libraries and fonts read-only, the job folder read-write, nothing else
    seccomp      an allow list of system calls: no network, no other process, no new program

Not stopped by any of them: a program shares its process with the recorder and can lie about what it drew (the caller
decodes the picture itself, and bounds its size); it can stat files it cannot open; it can fill its job folder up to the
CPU limit.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sysconfig
from collections.abc import Mapping
from typing import Any

from verl_visual_sdpo.inspection.sandbox import landlock, seccomp

LAYERS = ("environment", "deadline", "limits", "privileges", "landlock", "seccomp")
UNPRIVILEGED_UID = 65534

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 1, 4, 24, 38
_CAPABILITY_VERSION_3, _LAST_CAPABILITY = 0x20080522, 63

_libc = ctypes.CDLL(None, use_errno=True)


def enter(layers: frozenset[str], limits: Mapping[str, Any], ruleset_fd: int | None, uid: int | None) -> None:
    """Put on ``layers``, in the one order that works. Raises OSError when one cannot be put on.

    ``limits``: ``seconds``, ``memory_mib`` (on top of what the parent had mapped), ``file_mib``, ``open_files``.
    """
    parent = os.getppid()
    if "privileges" in layers:
        drop_privileges(uid)
        die_with_parent(parent)  # a change of uid forgets it (man 2 PR_SET_PDEATHSIG)
    if "limits" in layers:
        set_limits(limits)
    if "landlock" in layers or "seccomp" in layers:
        _prctl(_PR_SET_NO_NEW_PRIVS, 1)
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


def set_limits(limits: Mapping[str, Any]) -> None:
    seconds, mib = int(limits["seconds"]) + 1, 1 << 20
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))  # SIGXCPU first, SIGKILL a second later
    mapped = int(_first_line("/proc/self/statm").split()[0]) * resource.getpagesize()
    for name, value in (
        (resource.RLIMIT_AS, mapped + int(limits["memory_mib"]) * mib),
        (resource.RLIMIT_FSIZE, int(limits["file_mib"]) * mib),
        (resource.RLIMIT_NOFILE, int(limits["open_files"])),
        (resource.RLIMIT_NPROC, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(name)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(name, (value, value))


def drop_privileges(uid: int | None) -> None:
    """Become ``uid`` (None: stay who we are) without any capability or a way to get one back."""
    if uid is not None:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
    if os.geteuid() == 0:
        for capability in range(_LAST_CAPABILITY + 1):
            _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    if uid is not None:
        os.setresuid(uid, uid, uid)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    if _libc.capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise OSError(ctypes.get_errno(), "capset: capabilities cannot be dropped")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _prctl(_PR_SET_DUMPABLE, 0)


def lendable_uid(slot: int) -> int | None:
    """A uid of its own for this slot, or None when we are not root or that uid could not read the libraries."""
    if os.geteuid() != 0 or not all(_open_to_all(path) for path in library_paths() if os.path.exists(path)):
        return None
    return 60_000 + slot % 4_000


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


def _open_to_all(path: str) -> bool:
    """Whether everyone may read ``path`` and walk down to it."""
    if not os.stat(path).st_mode & 0o004:
        return False
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")


def _first_line(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.readline()
