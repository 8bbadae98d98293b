"""Hostile pages: each ends as its first lines say, nothing leaves the browser, nothing is left behind, and the next
page is shown as if nothing had been."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import hostile_pages as suite
import pytest
from waiting import wait_for_end, wait_until

from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer, processes

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def listener():
    made = suite.Listener()
    yield made
    made.close()


@pytest.fixture(scope="module")
def renderer():
    with suite.renderer() as made:
        yield made


@pytest.mark.parametrize("page", suite.pages(), ids=lambda page: page.name)
def test_a_hostile_page_does_no_harm(page, renderer, listener):
    run = suite.show(page, renderer, listener)
    assert run.status in page.expected, run.detail
    assert run.escapes == ()
    assert run.healthy


def test_the_listener_would_be_reached(listener):
    """The canary lives: an honest request does reach it."""
    listener.reached.clear()
    socket.create_connection(("127.0.0.1", listener.port)).close()
    wait_until(lambda: listener.reached, "the listener is reached")
    assert listener.reached == ["tcp"]


def test_nothing_is_left_behind():
    processes_before, homes_before = set(processes.tree(os.getpid())), _homes()
    by_name = {page.name: page for page in suite.pages()}
    chosen = [by_name[name] for name in ("memory/memory_buffers", "loops/endless_script", "navigation/download")]
    with WebRenderer(workers=1, timeout=suite.SECONDS, memory_mib=suite.MEMORY_MIB) as renderer:
        for page in chosen:
            renderer.render(bare_program(page.source, "web"))
        started = set(processes.tree(os.getpid())) - processes_before
        assert started
        homes = _homes() - homes_before
        assert homes
        started |= set(processes.tree(os.getpid())) - processes_before
    for pid in started:
        wait_for_end(pid)
    assert not any(home.exists() for home in homes)


def _homes() -> set[Path]:
    """The folders whose lock this process holds."""
    held = {os.stat(f"/proc/self/fd/{fd}").st_ino for fd in os.listdir("/proc/self/fd") if _there(fd)}
    found = Path(tempfile.gettempdir()).glob("visual-sdpo-web-*")
    return {home for home in found if (home / "lock").exists() and (home / "lock").stat().st_ino in held}


def _there(fd: str) -> bool:
    return os.path.exists(f"/proc/self/fd/{fd}")
