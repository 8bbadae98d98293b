"""The browsers of a renderer: an event loop in a thread of its own, and as many browsers as there are workers.

Callers block in their own threads; everything that touches playwright happens on the loop. A browser is started when it
is first needed, used for one page at a time, and replaced when it is worn, dead or does not obey.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import threading
import time
import warnings
import weakref
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from verl_visual_sdpo.errors import InvalidInputError, JobLostError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection.render.web import chromium, layers
from verl_visual_sdpo.inspection.render.web.browser import Bounds, Browser, StoppedError
from verl_visual_sdpo.inspection.render.web.driver import STOP_SECONDS, Drivers
from verl_visual_sdpo.inspection.sandbox import PoolStatistics, Upkeep
from verl_visual_sdpo.inspection.sandbox.pool import POLICIES
from verl_visual_sdpo.inspection.sandbox.statistics import Tally
from verl_visual_sdpo.inspection.sandbox.turns import Turns

_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True)
class Job(Generic[_Answer]):
    """What came of a page: the ``answer`` of the work, or why it was stopped (``end``: done, timeout, memory,
    crash)."""

    end: str
    answer: _Answer | None
    seconds: float
    waited: float
    attempts: int


class Farm:
    """``workers`` browsers at most. See ``SandboxPool`` for ``policy`` and ``upkeep``."""

    def __init__(
        self,
        workers: int,
        bounds: Bounds,
        policy: str,
        upkeep: Upkeep,
        program: str | None,
        without: tuple[str, ...] = (),
    ) -> None:
        if policy not in POLICIES:
            raise InvalidInputError(f"sandbox policy {policy!r} is not one of {', '.join(POLICIES)}")
        if workers < 1:
            raise InvalidInputError(f"a renderer needs at least one worker, not {workers}")
        if not bounds.seconds > 0 or not bounds.memory_mib > 0:
            raise InvalidInputError(f"a page needs time and memory, not {bounds}")
        self.bounds, self.policy, self.upkeep = bounds, policy, upkeep
        self._program, self._without = program, without
        self._turns, self._lock, self._tally = Turns(workers, upkeep.max_waiting), threading.Lock(), Tally()
        self._idle: list[Browser] = []
        self._layers: tuple[str, ...] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._drivers = Drivers()
        self._closed, self._owner = False, os.getpid()
        _OPEN.add(self)

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers that hold; starts the first browser to find out."""
        if self._layers is None:
            with self._turns.turn():
                self._attempted(lambda attempt: self._give_back(self._take(attempt > 1)))
        return self._layers or ()

    @property
    def statistics(self) -> PoolStatistics:
        with self._lock:
            return self._tally.read(busy=self._turns.busy, idle=len(self._idle), waiting=self._turns.waiting)

    def run(self, work: Callable[[Browser], Awaitable[_Answer]]) -> Job[_Answer]:
        """``work(browser)`` on a browser that is free, within the bounds.

        What the work raises is raised, but for a lost browser: then the work is begun again on a fresh one, as
        :class:`Upkeep` says, and at last JobLostError. SandboxBusyError and SandboxUnavailableError as a pool's.
        """
        asked, crashes = time.monotonic(), []
        with self._turns.turn():
            job = self._attempted(lambda attempt: self._run_once(work, asked, attempt, crashes))
        with self._lock:
            self._tally.answer(job.end, job.waited, job.seconds)
        return job

    def _attempted(self, once: Callable[[int], _Answer]) -> _Answer:
        """``once(attempt)``, again where our machinery failed it."""
        attempts = 1 + self.upkeep.retries
        for attempt in range(1, attempts + 1):
            try:
                return once(attempt)
            except SandboxUnavailableError:
                raise
            except SandboxError as error:
                if attempt == attempts or self._closed:
                    with self._lock:
                        self._tally.failed += 1
                    error.attempts = attempt
                    raise
                with self._lock:
                    self._tally.retries += 1
                time.sleep(self.upkeep.pause * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def _run_once(
        self, work: Callable[[Browser], Awaitable[_Answer]], asked: float, attempt: int, crashes: list[Browser]
    ) -> Job[_Answer]:
        """``crashes``: the browsers whose engine the page has crashed in the attempts before."""
        browser = self._take(attempt > 1)
        started = time.monotonic()
        end, answer = "done", None
        try:
            answer = self._call(browser.run(work))
        except StoppedError as stopped:
            end = stopped.why
        except Exception as error:
            if browser.alive and not _crashed(error):
                raise
            end = self._by_page(browser, crashes)
            if not end:
                with self._lock:
                    self._tally.died += 1
                self._call(self._ended(browser))
                raise JobLostError(f"the browser was lost: {_first_line(error)}") from error
        finally:
            seconds = time.monotonic() - started
            self._give_back(browser)
        return Job(end, answer, seconds, started - asked, attempt)

    def _by_page(self, browser: Browser, crashes: list[Browser]) -> str:
        """How the page ended its own process; "" where it may be our machinery's doing."""
        if browser.peak_mib > browser.bounds.memory_mib / 2:
            return "memory"  # the engine's own bound lies there
        if self._call(browser.crashed_by_page()):
            crashes.append(browser)
        return "crash" if len(crashes) > 1 else ""

    def close(self) -> None:
        """End every idle browser, the driver and the thread; a busy browser follows with its page."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        if os.getpid() != self._owner or self._loop is None:
            return
        for browser in idle:
            self._call(self._ended(browser))
        if not self._turns.busy:
            self._end()

    # ------------------------------------------------------------------ browsers

    def _take(self, fresh: bool) -> Browser:
        if os.getpid() != self._owner:
            raise SandboxError("this renderer belongs to the process that made it; make one after the fork")
        while True:
            with self._lock:
                if self._closed:
                    raise SandboxError("the renderer is closed")
                browser = self._idle.pop() if self._idle else None
            if browser is None:
                return self._start()
            if not fresh and browser.alive:
                return browser
            with self._lock:
                self._tally.died_idle += not fresh
            self._call(self._ended(browser))

    def _give_back(self, browser: Browser) -> None:
        reason = self._worn(browser)
        with self._lock:
            if reason in {"jobs", "memory"}:
                self._tally.recycled[reason] += 1
            elif not reason and not self._closed:
                self._idle.append(browser)
                return
            last = self._closed and self._turns.busy <= 1
        self._call(self._ended(browser))
        if last:
            self._end()

    def _worn(self, browser: Browser) -> str:
        if not browser.alive:
            return "dead"
        if browser.jobs >= self.upkeep.jobs:
            return "jobs"
        return "memory" if browser.growth_mib() > self.upkeep.growth_mib else ""

    def _start(self) -> Browser:
        with self._lock:
            self._tally.started += 1
        asked = tuple(name for name in layers.KERNEL if name not in self._without)
        browser = self._call(self._started(asked))
        missing = dict(browser.missing)
        if missing and self.policy == "strict":
            self._call(self._ended(browser))
            raise SandboxUnavailableError(layers.explain(missing), missing)
        if missing and self._layers is None:
            warnings.warn(layers.explain(missing), RuntimeWarning, stacklevel=4)
        holding = tuple(name for name in layers.NAMES if name not in missing)
        self._layers = (*holding, layers.BONUS) if browser.uid is not None else holding
        return browser

    async def _started(self, asked: tuple[str, ...]) -> Browser:
        try:
            return await self._launched(asked)
        except SandboxError:  # the driver may be what was broken: once more, with a new one
            return await self._launched(asked)

    async def _launched(self, asked: tuple[str, ...]) -> Browser:
        """A new browser; a driver that starts none is given up."""
        driver = await self._drivers.take()
        browser = None
        try:
            program = chromium.find(self._program, driver.playwright.chromium.executable_path)
            browser = Browser(asked, self.bounds, driver)
            await browser.start(program)
            return browser
        except BaseException as error:
            if browser is not None:
                await browser.close()
            await self._drivers.give_back(driver, broken=isinstance(error, SandboxError))
            raise

    async def _ended(self, browser: Browser) -> None:
        await browser.close()
        driver, browser.driver = browser.driver, None
        if driver is not None:
            await self._drivers.give_back(driver)

    # ------------------------------------------------------------------ the loop

    def _call(self, work: Coroutine[Any, Any, _Answer]) -> _Answer:
        """Run on the loop and wait."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_run, args=(self._loop,), name="browsers", daemon=True)
                self._thread.start()
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:  # interrupted: the work must not go on unseen
            future.cancel()
            raise

    def _end(self) -> None:
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is None:
            return
        with contextlib.suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._drivers.stop(), loop).result(2 * STOP_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join(10)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.set_exception_handler(lambda *_: None)  # late answers of browsers that were killed
    loop.run_forever()


def _crashed(error: Exception) -> bool:
    """Whether the page's process is gone though the browser lives."""
    return isinstance(error, ConnectionError) or any(
        words in str(error) for words in ("crashed", "has been closed", "Target closed", "Connection closed")
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]


_OPEN: weakref.WeakSet[Farm] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    for farm in list(_OPEN):
        farm.close()
