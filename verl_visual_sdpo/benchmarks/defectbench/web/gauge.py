"""The bench's own look at a page: a browser of its own, asked by script for rectangles, colours and what lies on top.

It shares nothing with the renderer (which reads a snapshot behind the page's back): a page of the bench has no script
that could lie, so asking it is fair.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from verl_visual_sdpo.benchmarks.defectbench.web.source import Source
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import Box

WINDOW = (1280, 800)
TALLEST = 8000  # px of a page that is looked at
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Thing:
    """One element that a start tag of the page made."""

    n: int
    tag: str
    parent: int | None
    box: Box
    lines: tuple[Box, ...]
    text: str
    facts: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.facts[name]


@dataclass(frozen=True)
class Facts:
    """A page as measured; ``width`` and ``height`` are what it scrolls to, px."""

    width: float
    height: float
    things: dict[int, Thing]
    image: bytes = field(repr=False, default=b"")

    def up(self, thing: Thing) -> Iterator[Thing]:
        while thing.parent is not None:
            thing = self.things[thing.parent]
            yield thing

    def inside(self, thing: Thing) -> Iterator[Thing]:
        """Things within one, itself included."""
        for other in self.things.values():
            if other.n == thing.n or any(a.n == thing.n for a in self.up(other)):
                yield other

    def related(self, a: Thing, b: Thing) -> bool:
        return any(x.n == b.n for x in (a, *self.up(a))) or any(x.n == a.n for x in self.up(b))


class Gauge(contextlib.AbstractContextManager):
    """Measures pages in one Chromium, one after the other, in the thread that made it."""

    def __init__(self, chromium: str | None = None) -> None:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        flags = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
        self._browser = self._playwright.chromium.launch(executable_path=_browser(chromium), args=flags)

    def measure(self, text: str, picture: bool = False) -> Facts:
        """What a page looks like; ``picture``: with its screenshot."""
        page = self._browser.new_page(viewport={"width": WINDOW[0], "height": WINDOW[1]})
        try:
            page.set_content(_numbered(text), wait_until="load", timeout=20_000)
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": WINDOW[0], "height": max(WINDOW[1], min(int(height), TALLEST))})
            script = resources.files(__package__).joinpath("gauge.js").read_text(encoding="utf-8")
            plain = page.evaluate(script)
            image = page.screenshot() if picture else b""
        finally:
            page.close()
        things = [_thing(one) for one in plain["elements"]]
        return Facts(plain["width"], plain["height"], {thing.n: thing for thing in things}, image)

    def close(self) -> None:
        self._browser.close()
        self._playwright.stop()

    def __exit__(self, *_: object) -> None:
        self.close()


def _browser(chromium: str | None) -> str:
    found = chromium or os.environ.get("VISUAL_SDPO_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if not found:
        raise InvalidInputError(
            f"no Chromium found (looked for {', '.join(BROWSERS)}); install one or set VISUAL_SDPO_CHROMIUM to its path"
        )
    return found


def _numbered(text: str) -> str:
    """Every start tag with its number, from the last to the first."""
    for tag in reversed(Source(text).tags):
        at = tag.start + 1 + len(tag.name)
        text = f'{text[:at]} data-bench="{tag.number}"{text[at:]}'
    return text


def _thing(plain: dict[str, Any]) -> Thing:
    lines = tuple(Box(*line) for line in plain["lines"])
    return Thing(plain["n"], plain["tag"], plain["parent"], Box(*plain["box"]), lines, plain["text"], plain)
