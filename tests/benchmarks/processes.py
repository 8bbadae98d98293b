"""What /proc says of this process and of those it has started (Linux)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found += map(int, path.read_text().split())
    return found


def descendants(pid: int) -> list[int]:
    return [one for child in children(pid) for one in (child, *descendants(child))]


def memory_mib(pid: int | str, kind: str = "Pss") -> float:
    """``Pss`` (pages shared with others count by their part) or ``Rss``; 0 for a process that is gone."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            if line.startswith(f"{kind}:"):
                return int(line.split()[1]) / 1024
    return 0.0


def cpu_seconds(pid: int) -> float:
    """CPU time of a process without its children, to a clock tick."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
