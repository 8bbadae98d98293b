"""A pool of warm workers: blocking, thread-safe, self-checked, and gone without a trace when it is closed."""

from __future__ import annotations

import atexit
import os
import threading
import warnings
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.sandbox import jail
from verl_visual_sdpo.inspection.sandbox.worker import Limits, Outcome, Worker

POLICIES = ("strict", "permissive")
MENDS = {
    "environment": "start Python without a sitecustomize that sets variables",
    "deadline": "a kernel with pidfd_open (Linux 5.3) is needed",
    "limits": "raise the hard limits of this shell (ulimit -Hv unlimited)",
    "privileges": "allow prctl and capset (they are in docker's default profile)",
    "landlock": "use Linux 5.13 or newer with CONFIG_SECURITY_LANDLOCK and 'landlock' in the lsm= boot list",
    "seccomp": "use Linux on x86_64 or aarch64 with CONFIG_SECCOMP_FILTER",
}


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
    ) -> None:
        if policy not in POLICIES:
            raise InvalidInputError(f"sandbox policy {policy!r} is not one of {', '.join(POLICIES)}")
        if workers < 1:
            raise InvalidInputError(f"a sandbox needs at least one worker, not {workers}")
        self.driver, self.limits, self.policy = Path(driver), limits, policy
        self._asked = tuple(layer for layer in jail.LAYERS if layer not in without)
        self._layers: tuple[str, ...] | None = None
        self._lock, self._free = threading.Lock(), threading.Semaphore(workers)
        self._idle: list[Worker] = []
        self._started = 0
        self._closed = False
        self._owner = os.getpid()
        _OPEN.add(self)

    @property
    def layers(self) -> tuple[str, ...]:
        """The isolation layers that hold; starts the first worker to find out. "own-uid" is a bonus that only root
        can grant, and only where everyone may read the interpreter; else jobs run as we do, without capabilities.
        """
        if self._layers is None:
            with self._free:
                self._give_back(self._take())
        return self._layers or ()

    def run(self, payload: Mapping[str, Any], *, imports: Sequence[str] = (), seconds: float | None = None) -> Outcome:
        """Run one job and wait for it. ``imports`` are modules that the warm parent may load beforehand.

        A worker that dies is replaced and the job tried once more; then SandboxError. SandboxUnavailableError when the
        policy's layers do not hold.
        """
        limits = asdict(self.limits) | ({} if seconds is None else {"seconds": seconds})
        request = {"payload": payload, "imports": list(imports), "limits": limits}
        with self._free:
            for attempt in (1, 2):
                worker = self._take()
                try:
                    outcome = worker.ask(request)
                except SandboxError:
                    worker.close()
                    if attempt == 2:
                        raise
                except BaseException:  # interrupted in the middle of a conversation: its answer would come too late
                    worker.close()
                    raise
                else:
                    self._give_back(worker)
                    return outcome
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End every idle worker and remove its folder; a busy one follows when its job is done."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        if os.getpid() == self._owner:
            for worker in idle:
                worker.close()

    def __enter__(self) -> SandboxPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------ workers

    def _take(self) -> Worker:
        if os.getpid() != self._owner:
            raise SandboxError("this sandbox belongs to the process that made it; make one after the fork")
        with self._lock:
            if self._closed:
                raise SandboxError("the sandbox is closed")
            if self._idle:
                return self._idle.pop()
            self._started += 1
            slot = self._started
        return self._start(slot)

    def _give_back(self, worker: Worker) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.close()

    def _start(self, slot: int) -> Worker:
        worker = Worker(self.driver, slot, self._asked)
        try:
            missing = {layer: "left out" for layer in jail.LAYERS if layer not in self._asked}
            missing |= worker.check(asdict(self.limits))
            holding = tuple(layer for layer in jail.LAYERS if layer not in missing)
            if missing and self.policy == "strict":
                raise SandboxUnavailableError(_explain(missing))
            if missing and self._layers is None:
                warnings.warn(_explain(missing), RuntimeWarning, stacklevel=4)
            worker.layers = holding
            self._layers = (*holding, "own-uid") if worker.has_own_uid else holding
        except BaseException:
            worker.close()
            raise
        return worker


def _explain(missing: Mapping[str, str]) -> str:
    parts = [f"{layer} ({why}; mend: {MENDS[layer]})" for layer, why in missing.items()]
    return (
        f"isolation does not hold on this machine: {'; '.join(parts)}. Programs written by a model would run with less "
        'isolation than asked for; policy="permissive" accepts that.'
    )


_OPEN: weakref.WeakSet[SandboxPool] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for pool in list(_OPEN):
        pool.close()
