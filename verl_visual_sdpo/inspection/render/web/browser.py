"""One browser process: started behind isolation, watched from outside, replaced when it does not obey."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import verl_visual_sdpo
from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.render.web import chromium, processes
from verl_visual_sdpo.inspection.render.web.driver import START_SECONDS, STOP_SECONDS, Driver
from verl_visual_sdpo.inspection.sandbox import folder, worker

CLOSE_SECONDS, END_SECONDS = 3.0, 20.0
"""For a browser to close when it is asked to, and for its processes to be gone when they were killed."""
TOLD_SECONDS = 5.0
"""For the browser to say what a page's process died of, and for a blank page to be drawn after it."""
LOOK_EVERY = 0.05
"""Seconds between two looks at its memory and time."""
PATIENCE = 5.0
"""The limit times this, at which a page is stopped though it had hardly any processor."""
MOST_STARVED = 0.9
"""The part of a page's time that may pass for waiting: at worst it gets ten times its limit."""
HEAP_SHARE = 0.6
"""Of the memory limit: what the page's script may take before the engine itself gives up."""
MAX_PROCESSES = 64
SHELL = ("PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE")
"""Variables that a shell and Python set by themselves."""

_Answer = TypeVar("_Answer")
_ROOT = str(Path(verl_visual_sdpo.__file__).resolve().parents[1])


class StoppedError(Exception):
    """The page was stopped: ``why`` is timeout or memory."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Bounds:
    """``seconds`` of wall time and ``memory_mib`` above what the idle browser has, for one page."""

    seconds: float
    memory_mib: int


class Browser:
    """A Chromium of our own. All methods run on the farm's loop; one page at a time."""

    def __init__(self, layers: tuple[str, ...], bounds: Bounds, driver: Driver) -> None:
        """Raises SandboxError when there is no folder to be had."""
        self.bounds, self.jobs, self.peak_mib = bounds, 0, 0.0
        worker._sweep()  # what killed processes have left
        try:
            self.home, self._lock = worker._make_home("visual-sdpo-web-")  # the lock says that the folder is in use
            (self.home / "work").mkdir(mode=0o700)
        except OSError as error:
            raise SandboxError(f"a browser gets no folder: {error}") from error
        self.layers, self.missing, self.uid = layers, {}, None
        self.driver: Driver | None = driver
        self.process = processes.NONE
        self.idle_mib = 0.0
        self.browser: Any = None
        self._death: asyncio.Future[int] | None = None  # of the page's process, and the signal it died of

    @property
    def pid(self) -> int:
        return self.process.pid

    async def start(self, program: Path) -> None:
        """Raises SandboxError when it does not come up."""
        arguments = [*chromium.SWITCHES, f"--js-flags={self._engine_flags()}"]
        try:
            launched = self.driver.playwright.chromium.launch(
                executable_path=self._script(program),
                args=arguments,
                ignore_default_args=list(chromium.UNWANTED),
                env=self._environment(),
                timeout=1000 * START_SECONDS,
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
            # the driver keeps the deadline, unless it hangs itself
            self.browser = await asyncio.wait_for(launched, START_SECONDS + STOP_SECONDS)
            told = json.loads((self.home / "report").read_text())
            self.uid, self.missing = told["uid"], told["missing"]
            self.process = processes.process(told["pid"])
            session = await self.browser.new_browser_cdp_session()
            session.on("Target.targetCrashed", self._died)
            await session.send("Target.setDiscoverTargets", {"discover": True})
        except Exception as error:  # playwright's own error types, a report that was never written
            said = str(error) or type(error).__name__
            raise SandboxError(f"a browser cannot be started: {_gist(said)}; {chromium.MEND}") from error
        self.idle_mib = processes.memory_mib(processes.tree(self.pid))

    @property
    def alive(self) -> bool:
        """Whether it runs and can be spoken to; where its driver dies, it dies with it."""
        return self.browser is not None and self.browser.is_connected() and self.process.runs()

    def growth_mib(self) -> float:
        """What it has more in memory than when it was new."""
        return processes.memory_mib(processes.tree(self.pid)) - self.idle_mib

    async def run(self, work: Callable[[Browser], Awaitable[_Answer]]) -> _Answer:
        """``work(self)`` within the bounds; every context is closed afterwards. A page that is stopped takes its
        browser with it.

        Raises StoppedError, ConnectionError where the browser or the page's process is gone, and what the work raises.
        """
        self.jobs += 1
        self.peak_mib, self._death = 0.0, asyncio.get_running_loop().create_future()
        task, watch = asyncio.ensure_future(work(self)), asyncio.ensure_future(self._watch())
        try:
            await asyncio.wait({task, watch, self._death}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if self._death.done():
                raise ConnectionError("the page crashed")  # what waits for its answer would wait for ever
            why = watch.result()
            if why == "lost":
                raise ConnectionError("the browser has been closed by somebody else")
            self.kill()  # it may not obey, and what it still draws would cost the next page its time
            raise StoppedError(why)
        finally:
            for pending in (task, watch):
                pending.cancel()
            await asyncio.gather(task, watch, return_exceptions=True)
            await self._clear()

    async def crashed_by_page(self) -> bool:
        """Whether the last page brought its process down by itself: a segmentation fault, as of a stack that ran full
        (no kill, no denied call), and a blank page is drawn well right after it."""

        async def blank_is_drawn() -> bool:
            page = await self.browser.new_page()
            await page.set_content("<p>blank</p>")
            return bool(await page.screenshot())

        try:
            died_of = await asyncio.wait_for(asyncio.shield(self._death), TOLD_SECONDS)
            return died_of == signal.SIGSEGV and await asyncio.wait_for(blank_is_drawn(), TOLD_SECONDS)
        except Exception:  # nothing was said, or not even the blank page is drawn
            return False
        finally:
            await self._clear()

    async def close(self) -> None:
        if self.browser is not None:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(self.browser.close(), CLOSE_SECONDS)
        gone = self.kill()
        deadline = time.monotonic() + END_SECONDS  # what was killed may still write its last
        while any(map(processes.runs, gone)) and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        with contextlib.suppress(OSError):
            folder.remove(self.home)
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1  # by the next time the number may be another file's

    def kill(self) -> list[int]:
        """Kill it with all that it has started; their numbers."""
        return processes.kill(self.process) if self.pid else []

    # ------------------------------------------------------------------ inside

    def _died(self, told: dict[str, Any]) -> None:
        if self._death is not None and not self._death.done():
            self._death.set_result(told["errorCode"])

    async def _watch(self) -> str:
        """Why the page must be stopped, as soon as it must.

        Its clock stands still while it waits for a processor; and one that has had less than half of its time on one is
        let run on for some more, since not every wait is counted.
        """
        before, started, starved = (
            processes.cpu_seconds(processes.tree(self.pid)),
            time.monotonic(),
            processes.Starved(threading.get_native_id()),
        )
        driver = self.process.parent
        while True:
            pids = processes.tree(self.pid)
            waited = starved.seconds([driver, *pids])
            self.peak_mib = max(self.peak_mib, processes.memory_mib(pids) - self.idle_mib)
            if self.peak_mib > self.bounds.memory_mib or len(pids) > MAX_PROCESSES:
                return "memory"
            wall = time.monotonic() - started
            if wall - min(waited, MOST_STARVED * wall) >= self.bounds.seconds:
                used = processes.cpu_seconds(pids) - before
                if used >= self.bounds.seconds / 2 or wall >= PATIENCE * self.bounds.seconds:
                    return "timeout"
            await asyncio.sleep(LOOK_EVERY)
            if not self.alive:
                return "lost"

    async def _clear(self) -> None:
        """No page is left when the next one comes."""
        try:
            for context in list(self.browser.contexts):
                await asyncio.wait_for(context.close(), CLOSE_SECONDS)
        except Exception:  # it hangs, or it is gone
            self.kill()

    def _engine_flags(self) -> str:
        return f"--max-old-space-size={int(HEAP_SHARE * self.bounds.memory_mib)} --random-seed=1"

    def _environment(self) -> dict[str, str]:
        """All that the browser is told of the world."""
        work = str(self.home / "work")
        return {"HOME": work, "TMPDIR": work, "XDG_CACHE_HOME": work, "LANG": "C.UTF-8", "TZ": "UTC"}

    def _script(self, program: Path) -> str:
        """What is started in the browser's place."""
        configuration = {
            "root": _ROOT, "home": str(self.home), "report": str(self.home / "report"), "browser": str(program),
            "layers": list(self.layers), "environment": [*self._environment(), *SHELL],
            "readable": list(chromium.READABLE),
            "executable": [*chromium.EXECUTABLE, str(program.parent)],
        }  # fmt: skip
        (self.home / "configuration.json").write_text(json.dumps(configuration))
        launcher = Path(__file__).with_name("launcher.py")
        words = [sys.executable, "-s", "-P", str(launcher), str(self.home / "configuration.json")]
        script = self.home / "browser"
        script.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        script.chmod(0o700)
        return str(script)


def _gist(message: str) -> str:
    """What the browser itself said, without playwright's account of how it was called."""
    said = [line.partition("][err] ")[2] for line in message.splitlines() if "][err] " in line]
    return " | ".join([message.splitlines()[0], *said[-5:]])[:1500]
