"""The playwright drivers of a farm: the processes through which browsers are started and spoken to.

One serves all browsers. It may be killed, hang, or have lost what it needs; so one that has failed to start a browser
is used for no further ones, and ends when those that it did start have ended. All functions run on the farm's loop.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError, SandboxError

START_SECONDS = 120.0
"""Of wall time, for a driver or a browser to come up on a busy machine."""
STOP_SECONDS = 10.0
"""For a driver to end, and for its answer beyond the deadlines that it keeps itself."""


class Driver:
    """One driver process; ``browsers`` counts those that were started through it, or are being started."""

    def __init__(self, manager: Any, playwright: Any) -> None:
        self.playwright, self.browsers, self.broken = playwright, 0, False
        self._manager = manager

    async def stop(self) -> None:
        """End it, by force where it does not answer."""
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.playwright.stop(), STOP_SECONDS)
        _kill(self._manager)


class Drivers:
    """Hands out the driver in use, a new one where there is none."""

    def __init__(self) -> None:
        self._current: Driver | None = None
        self._starting = asyncio.Lock()

    async def take(self) -> Driver:
        """The driver for one more browser; ``give_back`` follows when that is closed.

        Raises SandboxError when none comes up, InvalidInputError where playwright is not installed.
        """
        async with self._starting:
            if self._current is None:
                self._current = await _started()
            self._current.browsers += 1
            return self._current

    async def give_back(self, driver: Driver, *, broken: bool = False) -> None:
        """One of its browsers is closed, or (``broken``) could not be started."""
        driver.browsers -= 1
        driver.broken |= broken
        if driver.broken and self._current is driver:
            self._current = None
        if driver.broken and not driver.browsers:
            await driver.stop()

    async def stop(self) -> None:
        """End the driver in use."""
        driver, self._current = self._current, None
        if driver is not None:
            await driver.stop()


async def _started() -> Driver:
    try:
        from playwright.async_api import async_playwright
    except ImportError as error:
        raise InvalidInputError("web pages need playwright: pip install 'verl_visual_sdpo[web]'") from error
    manager = async_playwright()
    try:
        return Driver(manager, await asyncio.wait_for(manager.start(), START_SECONDS))
    except Exception as error:  # no process to be had, one that was killed or says nothing
        _kill(manager)
        raise SandboxError(f"playwright's driver cannot be started: {type(error).__name__}: {error}") from error


def _kill(manager: Any) -> None:
    """End its process where it runs on: playwright itself only asks it to end."""
    transport = getattr(getattr(manager, "_client", None), "_transport", None)
    process = getattr(transport, "_proc", None)
    if process is not None and process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
