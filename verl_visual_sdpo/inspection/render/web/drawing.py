"""The picture of a page at rest, waited for as long as the browser works on it.

Drawing goes on without a graphics card, on processors that others use, too: filters over the whole page can take it
minutes of wall time where it gets a tenth of one. So a picture is given up only when the browser has spent too much of
the processor on it, or when nothing in it has moved for a while: then a frame was lost and none will come.
"""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any

from verl_visual_sdpo.inspection.render.web import processes

QUIET_SECONDS = 2.0
"""Without an answer and with no thread of the browser at work, or ready to be, after which a frame is lost."""
LOOK_EVERY = 0.1


class UndrawnError(ConnectionError):
    """The browser does not draw: no fault of the page, whose scripts stand still by then."""


async def picture(session: Any, clip: dict[str, float], browser: processes.Process, seconds: float) -> bytes:
    """A PNG of ``clip`` (px of the page), drawn by the browser with up to ``seconds`` of processor time.

    Raises UndrawnError, and what playwright raises.
    """
    asked = {"format": "png", "captureBeyondViewport": True, "clip": clip, "optimizeForSpeed": True}
    answer = asyncio.ensure_future(session.send("Page.captureScreenshot", asked))
    try:
        await _while_it_works(answer, browser, seconds)
    finally:
        if not answer.done():
            answer.cancel()
    return base64.b64decode(answer.result()["data"])


async def _while_it_works(answer: asyncio.Future[Any], browser: processes.Process, seconds: float) -> None:
    before, last = processes.cpu_seconds(processes.tree(browser.pid)), time.monotonic()
    while not (await asyncio.wait({answer}, timeout=LOOK_EVERY))[0]:
        pids, now = processes.tree(browser.pid), time.monotonic()
        if processes.cpu_seconds(pids) - before >= seconds:
            raise UndrawnError(f"the browser drew no picture of a page at rest in {seconds:g} s of processor time")
        if processes.at_work([browser.parent, *pids]):  # the parent, its driver, hands the picture on
            last = now
        elif now - last >= QUIET_SECONDS:
            raise UndrawnError(f"the browser drew no picture of a page at rest and stood still for {QUIET_SECONDS:g} s")
