"""What the parent of the jobs keeps an eye on while one runs: its end, its time, what it writes, files and threads.

Results and output go through maps of their own, which go back to the kernel with the job: the next job is a fork of
this process, and whatever lay in its heap would be the next program's to read.
"""

from __future__ import annotations

import contextlib
import itertools
import mmap
import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from verl_visual_sdpo.inspection.sandbox import folder

SETUP_SECONDS = 60.0
"""Within which a child must have put on its jail, however busy the machine."""
TICK_SECONDS = 0.1
"""How often files and threads are counted; what a program can write meanwhile is how far it gets beyond its limits."""
MOST_STARVED, MOST_STARVED_SECONDS = 9.0, 90.0
"""How much longer a job may take while it waits for a processor: in parts of its own time, and in all."""

_CHUNK = 1 << 16
_STANDSTILL_SECONDS = 0.02


class Watch:
    """Collects what a child writes, within bounds, until it ends or goes too far.

    ``layers`` says which of the layers "output" and "folder" are on; the deadline always is. Close it after use.
    """

    def __init__(
        self, pid: int, result_fd: int, output_fd: int, limits: Mapping[str, Any], layers: frozenset[str], home: Path
    ) -> None:
        self._pid, self._limits, self._home, self._layers = pid, limits, home, layers
        largest = int(limits["result_mib"]) << 20
        self._result, self._output = _Buffer(largest), _Buffer(int(limits["output_chars"]), tail=True)
        self._output_left = largest
        self._verdict = ""
        self._pidfd = os.pidfd_open(pid)
        self._stat = -1  # where /proc hides the processes of a lent user, the kernel bounds its threads
        with contextlib.suppress(OSError):
            self._stat = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._pidfd, selectors.EVENT_READ)
        self._pipes: dict[int, Callable[[int], int]] = {result_fd: self._take_result, output_fd: self._take_output}
        for fd in self._pipes:
            os.set_blocking(fd, False)
            self._selector.register(fd, selectors.EVENT_READ)

    @property
    def result(self) -> memoryview:
        """What came through the result pipe; gone when the watch is closed."""
        return self._result.view()

    @property
    def output(self) -> memoryview:
        """The tail of stdout and stderr; gone when the watch is closed."""
        return self._output.view()

    def until_end(self, seconds: float) -> str:
        """ "" when the child ended by itself, else why it must be ended: timeout, oversize, disk or threads.

        The clock starts with the jail's byte: setting up is not the program. It stands still while the program is ready
        to run and gets no processor, within ``MOST_STARVED``: that is the machine's load.
        """
        granted = 0.0
        deadline, running = time.monotonic() + SETUP_SECONDS, False
        look = "folder" in self._layers
        while not self._verdict:
            if self._result.size and not running:
                deadline, running = time.monotonic() + seconds, True
                next_look = time.monotonic() + TICK_SECONDS
            left = deadline - time.monotonic()
            if left <= 0:
                more = self._starved(seconds, granted) if running else 0.0
                if not more or granted + more > min(MOST_STARVED * seconds, MOST_STARVED_SECONDS):
                    return "timeout"
                deadline, granted = deadline + more, granted + more
                continue
            if look and running:
                if next_look <= time.monotonic():
                    self._verdict = self._excess()
                    next_look = time.monotonic() + TICK_SECONDS
                left = min(left, TICK_SECONDS)
            for key, _ in self._selector.select(left):
                if key.fd == self._pidfd:
                    return self._verdict
                self._read(key.fd)
        return self._verdict

    def _starved(self, seconds: float, granted: float) -> float:
        """Seconds beyond ``granted`` for which the child was ready and got no processor; 0 where nobody counts them.

        The kernel counts a wait when it is over; one under way shows in a child that is ready and has not yet run for
        its time.
        """
        with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/{self._pid}/schedstat", "rb") as file:
            ran, waited = (int(number) / 1e9 for number in file.read().split()[:2])
            if waited - granted > TICK_SECONDS / 2:
                return waited - granted
            ready = self._stat >= 0 and os.pread(self._stat, 4096, 0).rpartition(b")")[2].split()[0] == b"R"
            return TICK_SECONDS if ready and ran < 0.9 * seconds else 0.0
        return 0.0

    def drain(self) -> None:
        """Read what a dead child left in its pipes."""
        for fd in self._pipes:
            while self._read(fd):
                pass

    def close(self) -> None:
        for fd in (*self._pipes, self._pidfd, *([] if self._stat < 0 else [self._stat])):
            os.close(fd)
        self._selector.close()
        self._result.close()
        self._output.close()

    # ------------------------------------------------------------------ what it writes

    def _read(self, fd: int) -> bool:
        try:
            taken = self._pipes[fd](fd)
        except BlockingIOError:
            return False
        if not taken:
            with contextlib.suppress(KeyError):
                self._selector.unregister(fd)
        return taken > 0

    def _take_result(self, fd: int) -> int:
        taken = self._result.read(fd)
        if self._result.overflown and "output" in self._layers:
            self._verdict = self._verdict or "oversize"
        return taken

    def _take_output(self, fd: int) -> int:
        taken = self._output.read(fd)
        self._output_left -= taken
        if self._output_left < 0 and "output" in self._layers:
            self._verdict = self._verdict or "oversize"
        return taken

    # ------------------------------------------------------------------ what it makes

    def _excess(self) -> str:
        """disk or threads when the child has more than it may, else ""."""
        with contextlib.suppress(ProcessLookupError):
            fields = [] if self._stat < 0 else os.pread(self._stat, 4096, 0).rpartition(b")")[2].split()
            if fields and int(fields[17]) > self._limits["threads"]:
                return "threads"
        most_bytes, most_entries = int(self._limits["folder_mib"]) << 20, int(self._limits["folder_entries"])
        kinds: list[bool] = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self._home) as entries:
            kinds = [entry.is_dir(follow_symlinks=False) for entry in itertools.islice(entries, most_entries)]
        if not kinds:  # the usual case
            return ""
        with self._standing_still() if any(kinds) else contextlib.nullcontext():
            found, number = folder.usage(self._home, most_bytes, most_entries)
        return "disk" if found > most_bytes or number > most_entries else ""

    @contextlib.contextmanager
    def _standing_still(self) -> Iterator[None]:
        """Stop the child while its folders are counted, or it could move its files from one to the other, out of sight.
        A call into the kernel that cannot be interrupted is not waited for."""
        deadline = time.monotonic() + _STANDSTILL_SECONDS
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGSTOP)
            options = os.WEXITED | os.WSTOPPED | os.WNOHANG | os.WNOWAIT
            while os.waitid(os.P_PID, self._pid, options) is None and time.monotonic() < deadline:
                time.sleep(0.0005)
        try:
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGCONT)


class _Buffer:
    """Up to ``size`` bytes in memory of their own; ``tail`` keeps the last ones, else the rest is dropped."""

    def __init__(self, most: int, *, tail: bool = False) -> None:
        self._most, self._tail, self.size, self.overflown = most, tail, 0, False
        self._map = mmap.mmap(-1, most + _CHUNK, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)

    def read(self, fd: int) -> int:
        """Read once; the number of bytes that came. Raises BlockingIOError."""
        with memoryview(self._map) as whole, whole[self.size : self.size + _CHUNK] as room:
            taken = os.readv(fd, [room])
        self.size += taken
        if self.size > self._most:
            self.overflown = True
            if self._tail:
                self._map.move(0, self.size - self._most, self._most)
            self.size = self._most
        return taken

    def view(self) -> memoryview:
        return memoryview(self._map)[: self.size]

    def close(self) -> None:
        self._map.close()
