"""What the processes of a browser take: counted from outside, by the kernel's own figures."""

from __future__ import annotations

import contextlib
import os
import signal
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def tree(root: int) -> list[int]:
    """The process and all that descend from it."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                    waiting += map(int, file.read().split())
    return found


def memory_mib(pids: list[int]) -> float:
    """What they have in memory of their own and shared among them, files left out."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as file:
            total += sum(int(line.split()[1]) for line in file if line.startswith(("RssAnon:", "RssShmem:")))
    return total / 1024


def cpu_seconds(pids: list[int]) -> float:
    """Processor time of the processes and of their children that have ended."""
    ticks = 0
    for pid in pids:
        with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            ticks += sum(map(int, file.read().rpartition(")")[2].split()[11:15]))
    return ticks / _TICKS


def parent(pid: int) -> int:
    """0 where it is gone."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return int(file.read().rpartition(")")[2].split()[1])
    return 0


class Starved:
    """Seconds for which the main threads of processes were ready and got no processor, since it was made.

    ``own`` is the native id of the thread of this process that counts among them.
    """

    def __init__(self, own: int) -> None:
        self._own, self._first, self._now = own, {}, {}

    def seconds(self, pids: list[int]) -> float:
        for path in [f"/proc/{pid}/schedstat" for pid in pids] + [f"/proc/self/task/{self._own}/schedstat"]:
            with contextlib.suppress(OSError, ValueError, IndexError), open(path, encoding="ascii") as file:
                waited = int(file.read().split()[1]) / 1e9
                self._now[path] = waited - self._first.setdefault(path, waited)
        return sum(self._now.values())


def kill(root: int) -> None:
    """Kill a process with its descendants and all of its session."""
    for pid in [*tree(root), *_session(root)]:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def _session(leader: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(stat.read_text().rpartition(")")[2].split()[3]) == leader:
                found.append(int(stat.parent.name))
    return found
