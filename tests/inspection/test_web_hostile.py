"""Hostile pages: each ends as its first lines say, nothing leaves the browser, nothing is left behind, and the next
page is shown as if nothing had been."""

from __future__ import annotations

import os
import re
import socket
import tempfile
import threading
from pathlib import Path

import pytest
from waiting import wait_for_end, wait_until

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer, processes
from verl_visual_sdpo.inspection.render.web.browser import Bounds

pytestmark = pytest.mark.browser

PAGES = sorted((Path(__file__).parent / "hostile" / "web").glob("*.html"))
HONEST = "<!doctype html><body style='margin:0'><h1>honest page</h1><p>number {number}</p>"
SECONDS, PATIENT, MEMORY_MIB = 2.0, 60.0, 512
"""A page's time where it may run on for ever, and where it comes to rest by itself on any machine."""


class Listener:
    """Ports of this machine, for TCP and UDP, that nobody may reach; ``reached`` is who did."""

    def __init__(self) -> None:
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.tcp = wait_until(self._of_one_number, "a port is free for both")
        self.port = self.tcp.getsockname()[1]
        self.reached: list[str] = []
        for wait in (self._accept, self._receive):
            threading.Thread(target=wait, daemon=True).start()

    def _of_one_number(self) -> socket.socket | None:
        tcp = socket.create_server(("127.0.0.1", 0))
        try:
            self.udp.bind(tcp.getsockname())
            return tcp
        except OSError:  # somebody else's
            tcp.close()
            return None

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self.tcp.accept()
            except OSError:
                return
            self.reached.append("tcp")
            connection.close()

    def _receive(self) -> None:
        while True:
            try:
                self.udp.recv(1)
            except OSError:
                return
            self.reached.append("udp")

    def close(self) -> None:
        for end in (self.tcp, self.udp):
            end.close()


@pytest.fixture(scope="module")
def listener():
    made = Listener()
    yield made
    made.close()


@pytest.fixture(scope="module")
def renderer():
    with WebRenderer(workers=1, timeout=SECONDS, memory_mib=MEMORY_MIB, cache_size=0) as made:
        yield made


def says(source: str, key: str) -> str:
    return re.search(rf"<!-- {key}: (.*?) -->", source)[1]


def give(renderer: WebRenderer, seconds: float) -> None:
    """Another limit of time for the next page."""
    renderer._farm.bounds = Bounds(seconds, MEMORY_MIB)
    for browser in renderer._farm._idle:
        browser.bounds = renderer._farm.bounds


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.stem)
def test_a_hostile_page_does_no_harm(path, renderer, listener):
    source = path.read_text(encoding="utf-8").replace("@PORT@", str(listener.port))
    give(renderer, SECONDS if "timeout" in says(source, "expect").split() else PATIENT)
    try:
        rendering = renderer.render(bare_program(source, "web"))
        status = rendering.execution.status
    except SandboxError:
        rendering, status = None, "undetermined"
    assert status in says(source, "expect").split(), rendering and rendering.execution.error
    assert listener.reached == []
    if status == "ok":
        texts = {e.text for e in rendering.scenes[0].elements}
        assert "honest words" in texts or "honest words" not in source
        assert not any("root:" in text for text in texts)  # a file of this machine
    give(renderer, PATIENT)
    after = renderer.render(bare_program(HONEST.format(number=path.stem), "web"))
    assert after.execution.ok, after.execution.error
    assert [e.text for e in after.scenes[0].elements if e.text] == ["honest page", f"number {path.stem}"]


def test_the_listener_would_be_reached(listener):
    """The canary lives: an honest request does reach it."""
    socket.create_connection(("127.0.0.1", listener.port)).close()
    wait_until(lambda: listener.reached, "the listener is reached")
    assert listener.reached == ["tcp"]
    listener.reached.clear()


def test_nothing_is_left_behind():
    processes_before, homes_before = set(processes.tree(os.getpid())), _homes()
    with WebRenderer(workers=1, timeout=SECONDS, memory_mib=MEMORY_MIB) as renderer:
        for name in ("memory_buffers", "endless_script", "download"):
            renderer.render(bare_program((PAGES[0].parent / f"{name}.html").read_text(encoding="utf-8"), "web"))
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
