"""The queue in front of a pool's workers: first come, first served, and full when it is full."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from verl_visual_sdpo.errors import SandboxBusyError


class Turns:
    """``places`` callers at once, the others in the order of their coming.

    A caller blocks until it is its turn, which is what slows a trainer down to the speed of its renderers. With
    ``max_waiting`` a caller that would be one more raises SandboxBusyError instead.
    """

    def __init__(self, places: int, max_waiting: int | None = None) -> None:
        self._places, self._free, self._max_waiting = places, places, max_waiting
        self._lock = threading.Lock()
        self._waiting: deque[threading.Event] = deque()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @property
    def busy(self) -> int:
        return self._places - self._free

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a place for as long as the block lasts."""
        self._take()
        try:
            yield
        finally:
            self._give()

    def _take(self) -> None:
        with self._lock:
            if self._free:  # then nobody waits: a place given back goes to the first who does
                self._free -= 1
                return
            if self._max_waiting is not None and len(self._waiting) >= self._max_waiting:
                raise SandboxBusyError(
                    f"{len(self._waiting)} callers wait for {self._places} sandbox workers, which is the limit "
                    f"max_waiting={self._max_waiting}; ask again later, or raise workers or max_waiting"
                )
            called = threading.Event()
            self._waiting.append(called)
        try:
            called.wait()
        except BaseException:  # interrupted: leave the queue, or pass on the place that has just come
            with self._lock:
                if not called.is_set():
                    self._waiting.remove(called)
                    raise
            self._give()
            raise

    def _give(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._free += 1
