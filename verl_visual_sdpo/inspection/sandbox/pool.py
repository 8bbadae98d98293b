"""A pool of warm workers: blocking, thread-safe, self-checked, and gone without a trace when it is closed."""

from __future__ import annotations

import atexit
import os
import threading
import time
import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.sandbox import layers as named
from verl_visual_sdpo.inspection.sandbox.statistics import PoolStatistics, Tally
from verl_visual_sdpo.inspection.sandbox.turns import Turns
from verl_visual_sdpo.inspection.sandbox.worker import Limits, Outcome, Worker

_Answer = TypeVar("_Answer")

POLICIES = ("strict", "permissive")


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How a pool looks after its workers.

    A worker is replaced after ``jobs`` jobs, or when its warm parent has grown by ``growth_mib`` beyond what it had
    after loading. A job that our machinery failed is begun again on a fresh worker up to ``retries`` times, ``pause``
    seconds later, then twice as many, and so on. ``max_waiting`` callers may wait for a worker (None: any number).
    """

    jobs: int = 2000
    growth_mib: float = 256.0
    retries: int = 2
    pause: float = 0.1
    max_waiting: int | None = None

    def __post_init__(self) -> None:
        least = {"jobs": 1, "growth_mib": 1, "retries": 0, "pause": 0, "max_waiting": 0}
        for name, value in asdict(self).items():
            if value is not None and not value >= least[name]:
                raise InvalidInputError(f"sandbox upkeep {name} must be at least {least[name]}, not {value}")


class SandboxPool:
    """Runs a driver's jobs in up to ``workers`` warm processes, which start when they are first needed.

    ``driver`` is the path of a driver file (see ``zygote.py``). ``policy`` "strict" raises SandboxUnavailableError
    naming the layer that does not hold here and its mend; "permissive" warns once and goes on with the layers that do.
    ``without`` leaves layers out, to see what happens then.
    """

    def __init__(
        self,
        driver: str | Path,
        *,
        workers: int = 1,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        policy: str = "strict",
        without: Sequence[str] = (),
        upkeep: Upkeep = Upkeep(),  # noqa: B008 (frozen)
    ) -> None:
        if policy not in POLICIES:
            raise InvalidInputError(f"sandbox policy {policy!r} is not one of {', '.join(POLICIES)}")
        if workers < 1:
            raise InvalidInputError(f"a sandbox needs at least one worker, not {workers}")
        self.driver, self.limits, self.policy, self.upkeep = Path(driver), limits, policy, upkeep
        self._asked = tuple(layer for layer in named.NAMES if layer not in without)
        self._layers: tuple[str, ...] | None = None
        self._lock, self._turns = threading.Lock(), Turns(workers, upkeep.max_waiting)
        self._idle: list[Worker] = []
        self._tally = Tally()
        self._closed = threading.Event()
        self._owner = os.getpid()
        _OPEN.add(self)

    @property
    def layers(self) -> tuple[str, ...]:
        """The isolation layers that hold; starts the first worker to find out. "own-uid" is a bonus that only root
        can lend; without it jobs run as we do, without capabilities.
        """
        if self._layers is None:
            with self._turns.turn():
                self._attempt(lambda fresh: self._give_back(self._take(fresh)))
        return self._layers or ()

    @property
    def statistics(self) -> PoolStatistics:
        """What has been done so far, and who is at work now."""
        with self._lock:
            return self._tally.read(busy=self._turns.busy, idle=len(self._idle), waiting=self._turns.waiting)

    def run(self, payload: Mapping[str, Any], *, imports: Sequence[str] = (), seconds: float | None = None) -> Outcome:
        """Run one job and wait for it. ``imports`` are modules that the warm parent may load beforehand.

        A job that our machinery failed is begun again on fresh workers (see :class:`Upkeep`); then SandboxError.
        SandboxBusyError when the queue is full; SandboxUnavailableError when the policy's layers do not hold.
        """
        asked = time.monotonic()
        limits = asdict(self.limits) | ({} if seconds is None else {"seconds": seconds})
        request = {"payload": payload, "imports": list(imports), "limits": limits}
        with self._turns.turn():
            (outcome, waited), attempts = self._attempt(lambda fresh: self._ask(request, asked, fresh))
        with self._lock:
            self._tally.answer(outcome.end, waited, outcome.seconds)
        return replace(outcome, waited=waited, attempts=attempts)

    def _attempt(self, job: Callable[[bool], _Answer]) -> tuple[_Answer, int]:
        """(what the job gave, the attempts it took); ``job`` is told whether to use a fresh worker."""
        attempts = 1 + self.upkeep.retries
        for attempt in range(1, attempts + 1):
            try:
                return job(attempt > 1), attempt
            except (SandboxUnavailableError, _Closed):
                raise
            except SandboxError as error:
                if attempt == attempts:
                    with self._lock:
                        self._tally.failed += 1
                    error.attempts = attempt
                    error.add_note(f"after {attempt} attempts")
                    raise
            with self._lock:
                self._tally.retries += 1
            self._closed.wait(self.upkeep.pause * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _ask(self, request: dict[str, Any], asked: float, fresh: bool) -> tuple[Outcome, float]:
        worker = self._take(fresh)
        waited = time.monotonic() - asked
        try:
            outcome = worker.ask(request)
        except BaseException as error:  # also interrupted amid a conversation: its answer would come too late
            worker.close()
            with self._lock:
                self._tally.died += isinstance(error, SandboxError)
            raise
        self._give_back(worker)
        return outcome, waited

    def close(self) -> None:
        """End every idle worker and remove its folder; a busy one follows when its job is done."""
        with self._lock:
            self._closed.set()
            idle, self._idle = self._idle, []
        if os.getpid() == self._owner:
            for worker in idle:
                worker.close()

    def __enter__(self) -> SandboxPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ workers

    def _take(self, fresh: bool = False) -> Worker:
        """A worker for one job: an idle one that lives, else a new one. ``fresh``: a new one in any case."""
        if os.getpid() != self._owner:
            raise _Closed("this sandbox belongs to the process that made it; make one after the fork")
        while True:
            with self._lock:
                if self._closed.is_set():
                    raise _Closed("the sandbox is closed")
                worker = self._idle.pop() if self._idle else None
            if worker is None:
                return self._start()
            if not fresh and worker.is_alive():
                return worker
            worker.close()  # dead, or it makes room: what failed one worker may have failed all that are as old
            with self._lock:
                self._tally.died_idle += not fresh
            if fresh:
                return self._start()

    def _give_back(self, worker: Worker) -> None:
        reason = self._worn(worker)
        with self._lock:
            if reason:
                self._tally.recycled[reason] += 1
            elif not self._closed.is_set():
                self._idle.append(worker)
                return
        worker.close()

    def _worn(self, worker: Worker) -> str | None:
        """Why a worker is not to be used again, or None."""
        if worker.jobs >= self.upkeep.jobs:
            return "jobs"
        return "memory" if worker.growth_mib > self.upkeep.growth_mib else None

    def _start(self) -> Worker:
        with self._lock:
            self._tally.started += 1
            slot = self._tally.started
        worker = Worker(self.driver, slot, self._asked)
        try:
            missing = {layer: "left out" for layer in named.NAMES if layer not in self._asked}
            missing |= worker.check(asdict(self.limits))
            holding = tuple(layer for layer in named.NAMES if layer not in missing)
            if missing and self.policy == "strict":
                raise SandboxUnavailableError(_explain(missing), missing)
            if missing and self._layers is None:
                warnings.warn(_explain(missing), RuntimeWarning, stacklevel=4)
            worker.layers = holding
            self._layers = (*holding, "own-uid") if worker.has_own_uid else holding
        except BaseException:
            worker.close()
            raise
        worker.jobs = 0  # its own checks do not count
        return worker


class _Closed(SandboxError):
    """Not to be tried again."""


def _explain(missing: Mapping[str, str]) -> str:
    parts = [f"{layer} ({why}; mend: {named.MENDS[layer]})" for layer, why in missing.items()]
    return (
        f"isolation does not hold on this machine: {'; '.join(parts)}. Programs written by a model would run with less "
        'isolation than asked for; policy="permissive" accepts that.'
    )


_OPEN: weakref.WeakSet[SandboxPool] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for pool in list(_OPEN):
        pool.close()
