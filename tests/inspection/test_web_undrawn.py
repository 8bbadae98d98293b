"""A browser that no longer draws a page at rest: looked at again, and never the page's fault."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest

from verl_visual_sdpo.errors import JobLostError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer, drawing, page, processes
from verl_visual_sdpo.inspection.sandbox import Upkeep


@pytest.mark.browser
def test_a_page_that_is_not_drawn_is_looked_at_again(monkeypatch):
    draw, asked = drawing.picture, []

    async def now_and_then(*arguments):
        asked.append(arguments[-1])
        if len(asked) < 3 or len(asked) > 3:
            raise drawing.UndrawnError("no picture came")
        return await draw(*arguments)

    monkeypatch.setattr(drawing, "picture", now_and_then)
    with WebRenderer(timeout=60.0, cache_size=0, upkeep=Upkeep(retries=0)) as renderer:
        dialogs = page.MAX_DIALOGS // 2  # in three looks more than a page may show in one
        at_last = f"<p>at last<script>for (let i = 0; i < {dialogs}; i++) alert(i)</script>"
        rendering = renderer.render(bare_program(at_last, "web"))
        assert rendering.execution.ok and rendering.execution.attempts == 1
        assert asked == list(page.PICTURE_SECONDS)
        with pytest.raises(JobLostError, match="no picture came"):
            renderer.render(bare_program("<p>never", "web"))
        assert renderer.statistics.pool.died == 1


class Session:
    """Asked for a picture, it never answers."""

    async def send(self, *_):
        await asyncio.get_running_loop().create_future()


@pytest.mark.parametrize(
    ("code", "seconds", "told"),
    [
        ("import time; time.sleep(1000)", 1000.0, "stood still"),  # given up soon, though it may draw for long
        ("while True: pass", 0.3, "in 0.3 s of processor time"),
    ],
)
def test_a_picture_is_waited_for_while_the_browser_works_on_it(code, seconds, told, monkeypatch):
    monkeypatch.setattr(drawing, "QUIET_SECONDS", 0.3)
    program = "import os, sys\nif os.fork():\n    os.wait()\nelse:\n    exec(sys.argv[1])"  # a driver that waits
    with subprocess.Popen([sys.executable, "-c", program, code]) as driver:
        try:
            while len(family := processes.tree(driver.pid)) < 2:
                pass
            browser = processes.process(family[1])
            with pytest.raises(drawing.UndrawnError, match=told):
                asyncio.run(drawing.picture(Session(), {}, browser, seconds))
        finally:
            for pid in reversed(processes.tree(driver.pid)):
                subprocess.run(["kill", "-9", str(pid)], check=False)
