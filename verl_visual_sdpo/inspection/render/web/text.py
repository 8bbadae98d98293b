"""Texts of a page: their lines, with four corners each that lie close around the ink."""

from __future__ import annotations

import re

from verl_visual_sdpo.inspection.geometry import union
from verl_visual_sdpo.inspection.render.web.snapshot import Layout
from verl_visual_sdpo.types import Box

# Parts of a line box (ascent to descent, about 1.15 em) that Latin letters leave empty in the usual faces
_ABOVE_CAPITALS, _ABOVE_SMALL, _BELOW_BASELINE = 0.15, 0.33, 0.19
_TALL = re.compile(r"[A-Zbdfhijklt0-9!-/:;?@\[\]{}|&%#$'\"^`()<>]")
_DEEP = re.compile(r"[gjpqyQ,;()\[\]{}|@$/_]")


def shown(layout: Layout) -> str:
    """The text as it is read, white space collapsed."""
    return " ".join((layout.text or "").split())


def lines(layout: Layout) -> list[tuple[Box, str]]:
    """The lines that hold more than white space, pieces of one line (of other fonts or directions) joined."""
    joined: list[tuple[Box, str]] = []
    for box, text in layout.lines:
        if not text.strip() or box.area <= 0:
            continue
        if joined and _same_line(joined[-1][0], box):
            last, before = joined[-1]
            joined[-1] = (union((last, box)), before + text)
        else:
            joined.append((box, text))
    return joined


def outline(found: list[tuple[Box, str]]) -> tuple[tuple[float, float], ...]:
    """Four corners a line."""
    points: list[tuple[float, float]] = []
    for box, text in found:
        ink = _ink(box, text)
        points += [(ink.left, ink.top), (ink.right, ink.top), (ink.right, ink.bottom), (ink.left, ink.bottom)]
    return tuple(points)


def _ink(box: Box, text: str) -> Box:
    """Other scripts use the whole height; of Latin letters it is known which rise and which go down."""
    if not text.isascii():
        return box
    above = _ABOVE_CAPITALS if _TALL.search(text) else _ABOVE_SMALL
    below = 0.02 if _DEEP.search(text) else _BELOW_BASELINE
    return Box(box.left, box.top + above * box.height, box.right, box.bottom - below * box.height)


def _same_line(a: Box, b: Box) -> bool:
    overlap = min(a.bottom, b.bottom) - max(a.top, b.top)
    gap = max(a.left, b.left) - min(a.right, b.right)
    return overlap > 0.6 * min(a.height, b.height) and -2.0 < gap < 1.0
