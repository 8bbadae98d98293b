"""A page whose process dies: by its own doing it is the page's failure, by anything else it is ours."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from waiting import command

from verl_visual_sdpo.errors import JobLostError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer, processes
from verl_visual_sdpo.inspection.sandbox import Upkeep

pytestmark = pytest.mark.browser

BUSY = bare_program("<h1>busy</h1><script>for (;;);</script>", "web")


@pytest.fixture
def renderer():
    with WebRenderer(workers=1, timeout=120, upkeep=Upkeep(retries=1, pause=0)) as renderer:
        yield renderer


class Striker:
    """Sends ``signals``, one each, to the page's process of one try after the other, when it is at work."""

    def __init__(self, *signals: int) -> None:
        self.struck: list[int] = []
        self._signals = list(signals)
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Striker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._signals.clear()
        self._thread.join(60)

    def _run(self) -> None:
        while self._signals:
            for pid in processes.tree(os.getpid()):
                page = "--type=renderer" in command(pid) and pid not in self.struck
                if page and processes.cpu_seconds([pid]) > 0.3 and self._signals:
                    os.kill(pid, self._signals.pop(0))
                    self.struck.append(pid)
            time.sleep(0.05)


def test_a_page_that_crashes_the_engine_twice_fails_by_its_own_doing(renderer):
    with Striker(signal.SIGSEGV, signal.SIGSEGV) as striker:
        execution = renderer.render(BUSY).execution
    assert len(striker.struck) == 2
    assert (execution.status, execution.error.type, execution.attempts) == ("runtime_error", "PageCrashed", 2)
    assert renderer.statistics.pool.ends == {"crash": 1}
    assert renderer.render(bare_program("<h1>after it</h1>", "web")).execution.status == "ok"


@pytest.mark.parametrize("signals", [(signal.SIGSEGV, signal.SIGKILL), (signal.SIGKILL, signal.SIGSEGV)])
def test_a_page_whose_process_is_killed_is_never_scored(renderer, signals):
    with Striker(*signals) as striker, pytest.raises(JobLostError, match="crashed"):
        renderer.render(BUSY)
    assert len(striker.struck) == 2


def test_one_crash_alone_is_tried_again(renderer):
    script = "let n = 0; for (let i = 0; i < 8e8; i++) n += i & 1; document.title = n;"
    with Striker(signal.SIGSEGV) as striker:
        execution = renderer.render(bare_program(f"<h1>slow</h1><script>{script}</script>", "web")).execution
    assert len(striker.struck) == 1
    assert (execution.status, execution.attempts) == ("ok", 2)
