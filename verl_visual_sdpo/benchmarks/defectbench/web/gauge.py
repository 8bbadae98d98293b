"""The bench's own look at a page: a browser of its own, asked by script for rectangles, colours and what lies on top.

It shares nothing with the renderer (which reads a snapshot behind the page's back): a page of the bench has no script
that could lie, so asking it is fair. Only the window is the same: its size, its fonts, its wish for rest. The window is
never enlarged, which would change what is measured in its height or fixed in it: rectangles are those of the page at
its top, and what lies over a text further down is asked for there, leaving out what has moved along.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from typing import Any

import numpy as np
from PIL import Image

from verl_visual_sdpo.benchmarks.defectbench.web.source import Source
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.types import Box

WINDOW = (1280, 800)
FLAGS = ("--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND", "--font-render-hinting=none")
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
UNSEEN = frozenset({"title", "style", "script", "option", "textarea", "template"})  # what stands in them is not shown


@dataclass(frozen=True, slots=True)
class Thing:
    """One element that a start tag of the page made. ``clip`` is what can be seen of what is inside of it, ``around``
    of itself; ``runs`` are its own texts, each with the number of its ``lines``; ``hit`` is the part of the points on
    its lines where nothing opaque lies over them; ``alpha`` its opacity with those around it; ``sign`` tells that a
    style sheet writes something into it (an icon), in the colour ``ink``; ``field`` is what a field shows, ``pen`` in
    which colour."""

    n: int
    tag: str
    parent: int | None
    box: Box
    lines: tuple[Box, ...]
    clip: Box
    around: Box
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
        yield thing
        for child in self.children.get(thing.n, ()):
            yield from self.inside(child)

    @cached_property
    def hides_rest(self) -> bool:
        """Whether what is wider than the window cannot be scrolled to."""
        roots = [t.overflow.split()[0] for t in self.things.values() if t.tag in ("html", "body")]
        return bool({"hidden", "clip"} & set(roots))

    @cached_property
    def page(self) -> Box:
        """What can be scrolled to: nothing beyond is ever seen."""
        return Box(0.0, 0.0, WINDOW[0] if self.hides_rest else max(self.width, WINDOW[0]), self.height)

    @cached_property
    def pixels(self) -> np.ndarray | None:
        """The picture (rows, columns, 3; int16), where one was taken."""
        return np.asarray(Image.open(io.BytesIO(self.image)).convert("RGB"), np.int16) if self.image else None

    @cached_property
    def texts(self) -> list[Thing]:
        """Things with text, each with those of its lines that no ancestor clips away (half of a line is enough)."""
        found = []
        for thing in self.things.values():
            kept = tuple(line for line in thing.lines if _is_open(line, thing.clip))
            if kept and thing.shown and thing.tag not in UNSEEN:
                found.append(replace(thing, lines=kept))
        return found

    @cached_property
    def children(self) -> dict[int | None, list[Thing]]:
        found: dict[int | None, list[Thing]] = {}
        for thing in self.things.values():
            found.setdefault(thing.parent, []).append(thing)
        return found

    def related(self, a: Thing, b: Thing) -> bool:
        return any(x.n == b.n for x in (a, *self.up(a))) or any(x.n == a.n for x in self.up(b))


class Gauge(contextlib.AbstractContextManager):
    """Measures pages in one Chromium, one after the other, in the thread that made it."""

    def __init__(self, chromium: str | None = None) -> None:
        from playwright.sync_api import sync_playwright

        self._playwright = sync_playwright().start()
        self._browser = self._playwright.chromium.launch(executable_path=_browser(chromium), args=list(FLAGS))

    def measure(self, text: str, picture: bool = False) -> Facts:
        """What a page looks like; ``picture``: with its screenshot."""
        page = self._browser.new_page(
            viewport={"width": WINDOW[0], "height": WINDOW[1]},
            device_scale_factor=1,
            reduced_motion="reduce",
            color_scheme="light",
            locale="en-US",
        )
        try:
            page.set_content(_numbered(text), wait_until="load", timeout=20_000)
            script = resources.files(__package__).joinpath("gauge.js").read_text(encoding="utf-8")
            plain = json.loads(page.evaluate(script))
            image = page.screenshot(full_page=True) if picture else b""
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


def _is_open(line: Box, clip: Box) -> bool:
    wide = min(line.right, clip.right) - max(line.left, clip.left)
    high = min(line.bottom, clip.bottom) - max(line.top, clip.top)
    return wide >= 0.5 * line.width and high >= 0.5 * line.height


def _thing(plain: dict[str, Any]) -> Thing:
    lines = tuple(Box(*line) for line in plain["lines"])
    places = (Box(*plain[name]) for name in ("clip", "around"))
    return Thing(plain["n"], plain["tag"], plain["parent"], Box(*plain["box"]), lines, *places, plain["text"], plain)
