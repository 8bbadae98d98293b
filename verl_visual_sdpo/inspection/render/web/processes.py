"""What the processes of a browser take: counted from outside, by the kernel's own figures."""

from __future__ import annotations

import contextlib
import os
import signal
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """A process and none that gets its number later: ``born`` is when it began (ticks since boot), ``parent`` whose
    child it was then."""

    pid: int
    parent: int
    born: int

    def runs(self) -> bool:
        """Whether it has not ended, and its parent neither."""
        return self.pid != 0 and _facts(self.pid) == (self.parent, self.born)


NONE = Process(0, 0, 0)


def process(pid: int) -> Process:
    """Raises ProcessLookupError where it has ended."""
    found = _facts(pid)
    if found is None:
        raise ProcessLookupError(f"process {pid} has ended")
    return Process(pid, *found)


def runs(pid: int) -> bool:
    """Whether it has not ended; a zombie has."""
    return _facts(pid) is not None


def _facts(pid: int) -> tuple[int, int] | None:
    """(its parent, when it began); None where it has ended."""
    with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        fields = file.read().rpartition(")")[2].split()
        return None if fields[0] in "ZX" else (int(fields[1]), int(fields[19]))
    return None


def tree(root: int) -> list[int]:
    """The process and all that descend from it."""
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):
                # a thread that has ended hides none of the others' children
                with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
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


def at_work(pids: list[int]) -> bool:
    """Whether a thread of theirs runs, is ready to run, or waits for a disk."""
    for pid in pids:
        with contextlib.suppress(OSError):
            for task in os.listdir(f"/proc/{pid}/task"):
                with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{task}/stat", "rb") as file:
                    if file.read().rpartition(b") ")[2][:1] in b"RD":
                        return True
    return False


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


def kill(root: Process) -> list[int]:
    """Kill a process with its descendants and all of its session, of which it is the leader; their numbers.

    A number that is another process's by now is nobody of ours: no session of its number was left when it was given.
    """
    now = _facts(root.pid)
    if now is not None and now[1] != root.born:
        return []
    found = [*tree(root.pid), *_session(root.pid)]
    for pid in found:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return found


def _session(leader: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            if int(stat.read_text().rpartition(")")[2].split()[3]) == leader:
                found.append(int(stat.parent.name))
    return found
