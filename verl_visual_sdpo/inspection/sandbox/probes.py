"""Attacks that must fail, one per layer, tried for real in a child under that layer alone when a worker starts.

A layer that passes its own probe holds *by itself*; that the layers do not get in each other's way is shown by every
job after. A probe answers "" when the attack was stopped, else what got through.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import resource
import signal
import socket
import time
from collections.abc import Callable, Mapping
from typing import Any

KEPT_ENVIRONMENT = frozenset(
    {"HOME", "TMPDIR", "LANG", "LC_CTYPE", "MPLBACKEND", "MPLCONFIGDIR", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE"}
    | {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"}
    | {"ARROW_DEFAULT_MEMORY_POOL", "JE_ARROW_MALLOC_CONF", "MALLOC_ARENA_MAX", "LD_LIBRARY_PATH"}
    | {"KMP_DUPLICATE_LIB_OK", "KMP_INIT_AT_FORK", "TZ"}  # set by numerical libraries as they load
)

ENDS = {"deadline": "timeout", "output": "oversize", "folder": "disk"}
"""How the probe of a layer ends when the layer holds, where that is not by itself."""


def run(layer: str, arguments: Mapping[str, Any], write: Callable[[bytes], None]) -> None:
    """Try the layer's attack. ``arguments``: ``canary``, a file outside the job folder; ``parent``, a pid to signal;
    ``sleep`` in seconds; and the limits in force."""
    if layer == "output":
        write(b"a job emitted more than its limit " * (arguments["result_mib"] << 15))
    else:
        write(_ATTACKS[layer](arguments).encode())


def _environment(arguments: Mapping[str, Any]) -> str:
    kept = sorted(set(os.environ) - KEPT_ENVIRONMENT)
    return f"the environment still holds {', '.join(kept)}" if kept else ""


def _deadline(arguments: Mapping[str, Any]) -> str:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(arguments["sleep"])
    return "a sleeping job outlived its deadline"


def _folder(arguments: Mapping[str, Any]) -> str:
    for name in range(2):
        with open(f"full-{name}", "wb") as file:
            file.write(bytes(arguments["folder_mib"] << 20))
    time.sleep(arguments["sleep"])
    return "a job wrote more into its folder than its limit"


def _limits(arguments: Mapping[str, Any]) -> str:
    with contextlib.suppress(MemoryError):
        bytearray((arguments["memory_mib"] + 64) << 20)
        return "a job took more memory than its limit"
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with contextlib.suppress(OSError), open("large", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, (arguments["file_mib"] << 20) + 1)
        return "a job wrote a file beyond its limit"
    if resource.getrlimit(resource.RLIMIT_CPU)[1] == resource.RLIM_INFINITY:
        return "a job has no limit on CPU time"
    return ""


def _privileges(arguments: Mapping[str, Any]) -> str:
    for name, attempt in (
        ("chroot", lambda: os.chroot(".")),
        ("raise its priority", lambda: os.setpriority(os.PRIO_PROCESS, 0, -20)),
        ("become root by setuid", lambda: os.setresuid(0, 0, 0) if os.geteuid() else os.setgroups([0])),
    ):
        with contextlib.suppress(PermissionError):
            attempt()
            return f"a job could {name}"
    return ""


def _landlock(arguments: Mapping[str, Any]) -> str:
    with contextlib.suppress(PermissionError), open(arguments["canary"]):
        return "a job could read a file outside its folder"
    with contextlib.suppress(PermissionError), open(arguments["canary"], "w"):
        return "a job could write a file outside its folder"
    with contextlib.suppress(PermissionError):
        os.listdir("/proc")
        return "a job could list /proc"
    with open("own", "w") as file:
        file.write("the job folder stays writable")
    return ""


def _seccomp(arguments: Mapping[str, Any]) -> str:
    attacks: dict[str, Callable[[], Any]] = {
        "open a TCP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM),
        "open a UDP socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM),
        "open a Unix socket": lambda: socket.socketpair(),
        "fork": _fork,
        "run another program": lambda: os.execve("/bin/true", ["true"], {}),
        "signal its parent": lambda: os.kill(arguments["parent"], 0),
        "raise its limits": lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (8, 8)),
        "change a file's mode": lambda: os.chmod(arguments["canary"], 0o777),
        "trace a process": _ptrace,
    }
    for name, attack in attacks.items():
        with contextlib.suppress(PermissionError, ValueError):  # setrlimit reports EPERM as ValueError
            attack()
            return f"a job could {name}"
    return ""


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _ptrace() -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(0, 0, 0, 0) != 0 and ctypes.get_errno() == errno.EPERM:
        raise PermissionError


_ATTACKS: dict[str, Callable[[Mapping[str, Any]], str]] = {
    "environment": _environment,
    "deadline": _deadline,
    "folder": _folder,
    "limits": _limits,
    "privileges": _privileges,
    "landlock": _landlock,
    "seccomp": _seccomp,
}
