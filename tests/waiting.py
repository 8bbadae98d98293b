"""Waiting for what other processes and threads do: by looking, with a deadline that only a broken program meets.

Whatever a process did to another (a signal, a closed socket, a file) shows a little later, on a busy machine much
later. So a test looks until it shows; no test relies on how fast a machine is.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds: more than any machine needs, less than a run of all tests may hang."""


def wait_until(condition: Callable[[], Any], what: str = "", seconds: float = PATIENCE) -> Any:
    """What ``condition()`` gives once it is true. AssertionError, naming ``what`` was waited for, after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s in vain{f' until {what}' if what else ''}; saw {found!r}")
        time.sleep(0.005)
    return found


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or a zombie: it runs no more, and only its parent has yet to take note."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_for_end(pid: int) -> None:
    """Until a process has ended."""
    wait_until(lambda: has_ended(pid), f"process {pid} ends")


def children(pid: int) -> list[int]:
    """The processes that a process, any thread of it, has started and that are not waited for yet."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, path.read_text().split())
        except OSError:  # a thread that has just ended
            continue
    return found


def command(pid: int) -> str:
    """The command line of a process, its words parted by spaces; "" where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
    except OSError:
        return ""


def descriptors() -> int:
    """How many files this process has open."""
    return len(os.listdir("/proc/self/fd"))
