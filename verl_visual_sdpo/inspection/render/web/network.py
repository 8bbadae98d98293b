"""What a page gets when it asks for something: our own answers, or nothing. No request leaves the browser."""

from __future__ import annotations

import contextlib
import functools
import io
import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

from verl_visual_sdpo.inspection.render.web.tailwind import Tailwind, wanted

ADDRESS = "https://page.invalid/"
"""Where every page stands; relative addresses are answered as those of other hosts."""
HOST = "page.invalid"
HEADERS = {"content-type": "text/html; charset=utf-8", "content-security-policy": "font-src 'none'"}
"""Of the page. Fonts of its own are none: whoever draws the letters makes any text look like anything."""
MOST_MISSED = 3
EMPTY = "<!doctype html><title></title>"
PLACEHOLDER_COLOR = (200, 200, 200)
PLACEHOLDER_SIZE = (320, 240)
"""Of a picture whose address tells none."""
LARGEST = 4096
_SIZE = re.compile(r"(?<![\w.])(\d{2,4})(?:[xX*/]|%20x%20)(\d{2,4})(?![\w])")
_SQUARE = re.compile(r"/(\d{2,4})(?:[/.?]|$)")


class Answers:
    """Answers the requests of one page. ``document`` is its text, ``tailwind`` what those get who ask for it.

    ``answered`` counts those that got a placeholder or a build of Tailwind, ``blocked`` by kind those that got nothing;
    ``missed`` are the addresses at which Tailwind was asked for in vain.
    """

    def __init__(self, document: str, tailwind: Tailwind) -> None:
        self._document, self._tailwind = document.encode("utf-8", "replace"), tailwind
        self.blocked: Counter[str] = Counter()
        self.missed: list[str] = []
        self.answered = 0
        self.navigated = False

    async def __call__(self, route: Any) -> None:
        try:
            await self._answer(route)
        except Exception:  # of a page that is being closed, or of a window that is not there yet
            self.blocked["window"] += 1
            with contextlib.suppress(Exception):
                await route.abort("blockedbyclient")

    async def _answer(self, route: Any) -> None:
        request = route.request
        kind = request.resource_type
        if kind == "document":
            await self._document_for(route, request)
        elif kind == "image":
            self.answered += 1
            await route.fulfill(body=placeholder(size_of(request.url)), content_type="image/png")
        elif (build := wanted(request.url, kind, HOST)) and (found := self._tailwind.answer(build)) is not None:
            self.answered += 1
            await route.fulfill(body=found[0], content_type=found[1])
        else:
            self.blocked[kind] += 1
            if build and len(self.missed) < MOST_MISSED:
                self.missed.append(request.url[:200])
            await route.abort("blockedbyclient")

    async def _document_for(self, route: Any, request: Any) -> None:
        """The page once; later navigations of it are answered with "nothing new", frames get an empty page."""
        if request.frame.parent_frame is not None:
            self.blocked["frame"] += 1
            await route.fulfill(body=EMPTY, content_type="text/html")
        elif request.url == ADDRESS and not self.navigated:
            self.navigated = True
            await route.fulfill(body=self._document, headers=HEADERS)
        else:
            self.blocked["navigation"] += 1
            await route.fulfill(status=204)


def size_of(address: str) -> tuple[int, int]:
    """The size (width, height) of the placeholder for an address."""
    return size_told(address) or PLACEHOLDER_SIZE


def size_told(address: str) -> tuple[int, int] | None:
    """The size that the address of a placeholder service or a file name tells; None where it tells none."""
    parts = urlsplit(address)
    path = f"{parts.path}?{parts.query}"
    if found := _SIZE.search(path):
        width, height = int(found[1]), int(found[2])
    elif found := _SQUARE.search(path):
        width = height = int(found[1])
    else:
        return None
    return (width, height) if 0 < width <= LARGEST and 0 < height <= LARGEST else None


@functools.lru_cache(maxsize=64)
def placeholder(size: tuple[int, int]) -> bytes:
    """A plain grey PNG."""
    out, picture = io.BytesIO(), Image.new("P", size)
    picture.putpalette(PLACEHOLDER_COLOR)
    picture.save(out, format="PNG")
    return out.getvalue()
