"""Browsers that do not start, and drivers that are killed: the next page is shown as if nothing had been."""

from __future__ import annotations

import os
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from waiting import children, command, has_ended, wait_for_end, wait_until

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer, browser, chromium
from verl_visual_sdpo.inspection.sandbox import Upkeep, privileges

pytestmark = pytest.mark.browser

FAILS = {
    "it ends at once": "echo no libraries today >&2; exit 1",
    "it is killed": "kill -9 $$",
    "it says nothing": "exec sleep 1000",
}
WRAPPER = '#!/bin/sh\nif [ -e "$0.broken" ]; then {fault}; fi\nexec "$(cat "$0.real")" "$@"\n'


def show(renderer: WebRenderer, text: str):
    return renderer.render(bare_program(f"<h1>{text}</h1>", "web"))


def texts(rendering) -> list[str]:
    return [e.text for e in rendering.scenes[0].elements if e.text]


@pytest.fixture
def wrapped():
    """``wrapped(fault)``: a program that fails as long as ``PROGRAM.broken`` is there, and then is the browser."""
    with tempfile.TemporaryDirectory(prefix="wrapped-") as folder:
        os.chmod(folder, 0o755)  # it is started by another user

        def make(fault: str) -> Path:
            program = Path(folder, "program")
            program.write_text(WRAPPER.format(fault=fault))
            program.chmod(0o755)
            Path(f"{program}.real").write_text(str(chromium.find(None, _own())))
            Path(f"{program}.broken").touch()
            return program

        yield make


def _own() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        return driver.chromium.executable_path


@pytest.mark.parametrize("fault", FAILS)
def test_a_browser_that_did_not_start_harms_no_later_one(wrapped, monkeypatch, fault):
    program = wrapped(FAILS[fault])
    before = set(children(os.getpid()))
    with WebRenderer(timeout=30.0, chromium=str(program), cache_size=0, upkeep=Upkeep(retries=0)) as renderer:
        with monkeypatch.context() as patch, pytest.raises(SandboxError, match="cannot be started"):
            if "nothing" in fault:
                patch.setattr(browser, "START_SECONDS", 2.0)
            show(renderer, "one")
        Path(f"{program}.broken").unlink()
        assert texts(show(renderer, "two")) == ["two"]
        assert renderer.statistics.pool.failed == 1
    wait_until(lambda: not set(children(os.getpid())) - before, "no process is left")


def test_a_browser_that_starts_after_all_costs_an_attempt(wrapped):
    program = wrapped(FAILS["it ends at once"])
    upkeep = Upkeep(retries=40, pause=1e-9)
    with WebRenderer(timeout=30.0, chromium=str(program), upkeep=upkeep) as renderer, ThreadPoolExecutor(1) as threads:
        page = threads.submit(show, renderer, "at last")
        wait_until(lambda: renderer.statistics.pool.retries or page.done(), "the start has failed")
        Path(f"{program}.broken").unlink()
        rendering = page.result()
        assert texts(rendering) == ["at last"] and rendering.execution.attempts > 1


def test_a_driver_that_is_killed_is_replaced_by_one_for_all_browsers():
    others = set(drivers())
    with (
        WebRenderer(workers=2, timeout=30.0, cache_size=0, upkeep=Upkeep(retries=0)) as renderer,
        ThreadPoolExecutor(2) as threads,
    ):
        idle = renderer._farm._idle
        while len(idle) < 2:  # as many as there are workers, both at once
            list(threads.map(lambda n: show(renderer, f"first {n}"), range(4)))
        (driver,) = set(drivers()) - others
        os.kill(driver, signal.SIGKILL)
        wait_for_end(driver)
        wait_until(lambda: not any(one.alive for one in idle), "its browsers end with it")
        found = list(threads.map(lambda n: show(renderer, f"page {n}"), range(4)))
        assert [texts(one) for one in found] == [[f"page {n}"] for n in range(4)]
        assert renderer.statistics.pool.died_idle == 2 and renderer.statistics.pool.failed == 0
        assert len(set(drivers()) - others) == 1
    wait_until(lambda: not set(drivers()) - others, "no driver is left")


def test_the_clean_up_of_a_dead_browser_touches_nobody_elses_process_or_file():
    with WebRenderer(timeout=30.0, cache_size=0) as renderer:
        show(renderer, "one")
        (dead,) = renderer._farm._idle
        dead.kill()
        wait_until(lambda: not dead.alive, "it has ended")
        show(renderer, "two")  # which clears the dead one away
        (living,) = renderer._farm._idle
        if living.uid is not None:
            with pytest.raises(OSError, match="in use"):
                privileges.Hold(f"visual-sdpo-user-{living.uid}")
        file, lock = os.open(os.devnull, os.O_RDONLY), living._lock
        renderer._farm._call(dead.close())  # once more, as happens where a page was lost
        os.fstat(file)
        os.fstat(lock)
        os.close(file)
        dead.process = type(dead.process)(living.pid, living.process.parent, dead.process.born)
        assert dead.kill() == [] and living.alive, "its number is another process's by now"
        assert not has_ended(living.pid)


def drivers() -> list[int]:
    return [pid for pid in children(os.getpid()) if "run-driver" in command(pid) and not has_ended(pid)]
