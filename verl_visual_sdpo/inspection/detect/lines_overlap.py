"""lines-overlap

What
    The lines of one text lie on each other.
Why
    A line height below the height of the letters makes a paragraph unreadable.
Known limits
    Lines are measured by the letters' own ascent and descent, so a tight headline (line height 1) is clean. The texts
    of one paragraph (a bold word makes three of them) have their lines together, where none of them was moved. Lines
    of other texts on each other are ``text-overlap``.
Example
    ``p { line-height: 0.5 }``
Options
    share   the part of a line's height that the next one may take
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, quote, severity, text_lines, texts
from verl_visual_sdpo.inspection.detect.pages import Tree
from verl_visual_sdpo.inspection.geometry import bounds
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.15


SHARES = Limits()
WORST = 0.6  # share of a line from which nothing more can be lost


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    crowded: dict[int | None, list[tuple[float, Element]]] = {}
    tree = Tree(scene)
    paragraphs: dict[int, list[Element]] = {}
    for e in texts(scene):
        paragraphs.setdefault(paragraph_of(tree, e), []).append(e)
    for paragraph, members in paragraphs.items():
        for share, e in _crowded(members):
            if share > limits.share:
                crowded.setdefault(paragraph, []).append((share, e))
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


def crowd(tree: Tree, a: Element, b: Element, limits: Limits = SHARES) -> bool:
    """Whether lines of two texts of one paragraph lie on each other: that is found here, and not as two texts."""
    same = paragraph_of(tree, a) == paragraph_of(tree, b)
    return same and any(one.id != other.id and share > limits.share for share, one, other in _pairs([a, b]))


def paragraph_of(tree: Tree, e: Element) -> int:
    """The block that a text stands in, whatever links and bold words are around it there."""
    parent = tree.by_id.get(e.parent)
    while parent is not None and parent.style.get("display") == "inline" and parent.parent in tree.by_id:
        parent = tree.by_id[parent.parent]
    return e.id if parent is None or parent.kind == "page" else parent.id


def _crowded(members: list[Element]) -> Iterator[tuple[float, Element]]:
    """Each text with the largest part of a line that the line above or below it takes."""
    worst: dict[int, float] = {}
    for share, _, lower in _pairs(members):
        worst[lower.id] = max(worst.get(lower.id, 0.0), share)
    yield from ((worst[e.id], e) for e in members if e.id in worst)


def _pairs(members: list[Element]) -> Iterator[tuple[float, Element, Element]]:
    """The part that a line takes of one below it, and whose lines they are: lines of one text, or of two of the same
    paragraph and layer."""
    lines = sorted(((bounds(line), e) for e in members for line in text_lines(e)), key=lambda item: item[0].top)
    for i, (box, e) in enumerate(lines):
        for other, beside in lines[i + 1 :]:
            if other.top >= box.bottom:
                break
            if e.id != beside.id and (e.kind == "marker" or e.style.get("layer") != beside.style.get("layer")):
                continue
            if other.top > box.top + 1.0:
                yield _shared(box, other), e, beside


def _shared(a: Box, b: Box) -> float:
    """Common height of two lines that stand one above the other, over the lower of them."""
    if min(a.right, b.right) - max(a.left, b.left) <= 0.2 * min(a.width, b.width):
        return 0.0
    return max(min(a.bottom, b.bottom) - max(a.top, b.top), 0.0) / max(min(a.height, b.height), 1.0)


DETECTOR = Detector("lines-overlap", find, SHARES)
