"""Shows the hostile pages of ``hostile/web`` to the real renderer and says what came of each.

A page is a file with what must come of it in its first lines:

    <!-- hostile: what is tried -->
    <!-- expect: the statuses that are right -->

``@PORT@`` in it stands for a port of this machine, for TCP and UDP, that nobody may reach. A page that may run on for
ever gets ``SECONDS``, the others as much as they need on any machine. After each an honest page must be shown as if
nothing had been.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from pathlib import Path

from hostile_file import Hostile
from waiting import wait_until

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.web import WebRenderer
from verl_visual_sdpo.inspection.render.web.browser import Bounds
from verl_visual_sdpo.types import Rendering

ROOT = Path(__file__).with_name("hostile") / "web"
FAMILIES = ("network", "files", "navigation", "dialogs", "loops", "size", "memory", "forgery")
HONEST = "<!doctype html><body style='margin:0'><h1>honest page</h1><p>number {number}</p>"
SECONDS, PATIENT, MEMORY_MIB = 2.0, 60.0, 512
SECRET = "root:"
"""What the first line of a file of this machine says that pages ask for."""


@dataclass(frozen=True)
class Run:
    """What came of one page. ``status`` is "undetermined" when there was no answer; ``escapes`` says what got out,
    ``over`` is seconds beyond the page's limit, ``healthy`` whether the honest page afterwards was shown as it is."""

    page: Hostile
    status: str
    detail: str
    escapes: tuple[str, ...]
    over: float
    healthy: bool

    @property
    def right(self) -> bool:
        return self.status in self.page.expected and not self.escapes and self.healthy


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


def pages(*families: str) -> list[Hostile]:
    return [Hostile(path) for name in families or FAMILIES for path in sorted((ROOT / name).glob("*.html"))]


def renderer() -> WebRenderer:
    return WebRenderer(workers=1, timeout=SECONDS, memory_mib=MEMORY_MIB, cache_size=0)


def show(page: Hostile, shown_by: WebRenderer, listener: Listener) -> Run:
    """One page, and an honest one after it."""
    limit = SECONDS if page.endless else PATIENT
    _give(shown_by, limit)
    listener.reached.clear()
    try:
        rendering = shown_by.render(bare_program(page.source.replace("@PORT@", str(listener.port)), "web"))
        status, detail, over = rendering.execution.status, str(rendering.execution), rendering.execution.seconds - limit
    except SandboxError as error:
        rendering, status, detail, over = None, "undetermined", str(error), 0.0
    escapes = [f"a request left ({how})" for how in listener.reached]
    escapes += _harm(page, rendering) if status == "ok" else []
    return Run(page, status, detail, tuple(escapes), max(over, 0.0), _is_healthy(shown_by, page.name))


def _harm(page: Hostile, rendering: Rendering) -> list[str]:
    texts = {element.text for element in rendering.scenes[0].elements}
    harm = ["a file of this machine was read"] if any(SECRET in text for text in texts) else []
    if "honest words" in page.source and "honest words" not in texts:
        harm.append("the page hid its words")
    return harm


def _is_healthy(shown_by: WebRenderer, name: str) -> bool:
    _give(shown_by, PATIENT)
    try:
        after = shown_by.render(bare_program(HONEST.format(number=name), "web"))
    except SandboxError:
        return False
    return after.execution.ok and [e.text for e in after.scenes[0].elements if e.text] == [
        "honest page",
        f"number {name}",
    ]


def _give(shown_by: WebRenderer, seconds: float) -> None:
    """Another limit of time for the next page."""
    shown_by._farm.bounds = Bounds(seconds, MEMORY_MIB)
    for browser in shown_by._farm._idle:
        browser.bounds = shown_by._farm.bounds
