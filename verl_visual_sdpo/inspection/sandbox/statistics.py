"""What a pool of workers has done so far: counts, and how long its jobs waited and ran."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

LATEST = 4096
"""Jobs over which the quantiles are taken, the latest ones."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Of some seconds (or other numbers); zeros where there were none. The 95th is the nearest rank."""

    median: float = 0.0
    p95: float = 0.0
    max: float = 0.0

    @classmethod
    def of(cls, values: Iterable[float]) -> Quantiles:
        ordered = sorted(values)
        if not ordered:
            return cls()
        rank = {share: ordered[max(math.ceil(share * len(ordered)), 1) - 1] for share in (0.5, 0.95)}
        return cls(rank[0.5], rank[0.95], ordered[-1])


@dataclass(frozen=True, slots=True)
class PoolStatistics:
    """Jobs: ``answered``, of them ``ends`` by how they ended; ``failed`` were given up after all attempts; ``retries``
    are attempts beyond a job's first. Workers: ``started``; ``recycled`` by reason ("jobs", "memory"); ``died`` in a
    job or lost it, ``died_idle`` were found dead before one. Now: ``busy``, ``idle``, ``waiting``. Seconds over the
    latest jobs: ``wait`` from the call to a worker, ``run`` from fork to end.
    """

    answered: int = 0
    ends: Mapping[str, int] = field(default_factory=dict)
    failed: int = 0
    retries: int = 0
    started: int = 0
    recycled: Mapping[str, int] = field(default_factory=dict)
    died: int = 0
    died_idle: int = 0
    busy: int = 0
    idle: int = 0
    waiting: int = 0
    wait: Quantiles = Quantiles()
    run: Quantiles = Quantiles()


class Tally:
    """The counts behind :class:`PoolStatistics`. Its owner calls it under a lock."""

    def __init__(self) -> None:
        self.ends: Counter[str] = Counter()
        self.recycled: Counter[str] = Counter()
        self.failed = self.retries = self.started = self.died = self.died_idle = 0
        self._waits: deque[float] = deque(maxlen=LATEST)
        self._runs: deque[float] = deque(maxlen=LATEST)

    def answer(self, end: str, waited: float, ran: float) -> None:
        self.ends[end] += 1
        self._waits.append(waited)
        self._runs.append(ran)

    def read(self, **now: int) -> PoolStatistics:
        return PoolStatistics(
            answered=self.ends.total(),
            ends=dict(self.ends),
            failed=self.failed,
            retries=self.retries,
            started=self.started,
            recycled=dict(self.recycled),
            died=self.died,
            died_idle=self.died_idle,
            wait=Quantiles.of(self._waits),
            run=Quantiles.of(self._runs),
            **now,
        )
