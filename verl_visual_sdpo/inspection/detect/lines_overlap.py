"""lines-overlap

What
    The lines of one text lie on each other.
Why
    A line height below the height of the letters makes a paragraph unreadable.
Known limits
    Lines are measured by the letters' own ascent and descent, so a tight headline (line height 1) is clean. Lines of
    two texts on each other are ``text-overlap``.
Example
    ``p { line-height: 0.5 }``
Options
    share   the part of a line's height that the next one may take
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, quote, severity, text_lines, texts
from verl_visual_sdpo.inspection.detect.pages import Tree
from verl_visual_sdpo.inspection.geometry import bounds
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.25


WORST = 0.6  # share of a line from which nothing more can be lost


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    crowded: dict[int | None, list[tuple[float, Element]]] = {}
    tree = Tree(scene)
    for e in texts(scene):
        lines = [bounds(line) for line in text_lines(e)]
        share = max((_shared(a, b) for a, b in pairwise(lines)), default=0.0)
        if share > limits.share:
            crowded.setdefault(e.parent if e.parent in tree.by_id else e.id, []).append((share, e))
    for members in crowded.values():
        members.sort(key=lambda item: (-item[0], item[1].id))
        share, worst = members[0]
        yield Defect(
            detector="lines-overlap",
            severity=severity(share, limits.share, WORST),
            boxes=tuple(e.box for _, e in members),
            element_ids=tuple(e.id for _, e in members),
            measured=round(share, 4),
            required=limits.share,
            message=f"the lines of {quote(worst)} share {share:.0%} of their height, {limits.share:.0%} allowed; raise "
            "the line height",
            props=("leading", "size", "font", "layout"),
            faulty=len(members),
        )


def _shared(a: Box, b: Box) -> float:
    """Common height of two lines that stand one above the other, over the lower of them."""
    if min(a.right, b.right) - max(a.left, b.left) <= 0.2 * min(a.width, b.width):
        return 0.0
    return max(min(a.bottom, b.bottom) - max(a.top, b.top), 0.0) / max(min(a.height, b.height), 1.0)


DETECTOR = Detector("lines-overlap", find, Limits())
