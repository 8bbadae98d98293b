"""When the end of a job says nothing about its program: killed by somebody else, its folder gone, the disk full.

All of it is judged in the parent of the jobs, from what the kernel counts; nothing that a program says is read. A
program that fills the disk or the memory by itself is answered for: then its own use explains the end.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from verl_visual_sdpo.inspection.sandbox import folder as folders

FULL_BYTES = 1 << 20
"""A disk with less than this left for a job counts as full."""
EXPLAINED = 0.9
"""The part of its memory limit that a job must have taken for a SIGKILL to be the memory's."""


def identity(folder: Path) -> tuple[int, int]:
    """(device, inode): tells a folder from another of the same name."""
    facts = os.stat(folder)
    return facts.st_dev, facts.st_ino


def resident_bytes() -> int:
    """What this process has in memory; a child starts with as much in its own count."""
    with open("/proc/self/statm", "rb") as file:
        return int(file.readline().split()[1]) * resource.getpagesize()


def explanation(usage: resource.struct_rusage, resident: int, limits: Mapping[str, Any], folder: Path) -> str:
    """What a SIGKILL that the parent did not send was for: "timeout", "memory", or "stopped" by somebody else.

    ``resident`` is :func:`resident_bytes` at the fork. The kernel kills at the hard limit of CPU time, which is two
    seconds behind that of wall time, and when the machine is out of memory; a job's files count as its memory, since
    its folder may lie in memory.
    """
    if usage.ru_utime + usage.ru_stime > limits["seconds"] + 1:
        return "timeout"
    taken = usage.ru_maxrss * 1024 - resident + _bytes_in(folder)
    return "memory" if taken > EXPLAINED * limits["memory_mib"] * (1 << 20) else "stopped"


def reason(end: str, limits: Mapping[str, Any], folder: Path, known: tuple[int, int]) -> str | None:
    """Why a job that has ended must be run again, or None. ``known`` is the folder's :func:`identity` at first."""
    if end == "stopped":
        return "somebody else killed its process (SIGKILL), within its limits of time and memory"
    try:
        if identity(folder) != known:
            return f"its folder {folder} was exchanged"
        disk = os.statvfs(folder)
    except OSError as error:
        return f"its folder {folder} is gone: {error}"
    full = disk.f_bavail * disk.f_frsize < FULL_BYTES or (disk.f_files > 0 and disk.f_favail == 0)
    if full and _bytes_in(folder) < limits["file_mib"] * (1 << 20):
        return f"the disk that holds {folder} is full; free some space or set TMPDIR"
    return None


def _bytes_in(place: Path) -> int:
    try:
        return folders.usage(place, sys.maxsize, 1 << 20)[0]
    except OSError:
        return 0
