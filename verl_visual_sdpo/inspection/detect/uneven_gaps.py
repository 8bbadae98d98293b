"""uneven-gaps

What
    In a row or column of like items one stands off its place along the line: the gaps on both sides of it differ.
Why
    Columns of a slide are meant to be alike; one gap of 20 px beside one of 60 px looks like an accident.
Known limits
    At least ``least`` items of one kind and nearly one size on one line are needed, of texts with the same letters: a
    heading over a column is none of its items. Where all gaps differ the spacing is taken for a design; large
    differences, too (items in groups), and gaps of which some hold something else (a rule, an arrow) and some do not.
    Across the line it is ``misaligned-items``.
Example
    three cards at ``Inches(1)``, ``Inches(5.4)`` and ``Inches(9)``, each 3.5 inches wide
Options
    least     items that a row needs
    slack     px by which gaps may differ
    design    part of an item's size from which a shift is meant
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from verl_visual_sdpo.inspection.detect.detector import (
    SLIDE_TEXTS,
    Detector,
    Finding,
    font_px,
    is_finite,
    quote,
    severity,
)
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    least: float = 3
    slack: float = 8.0
    design: float = 0.4


WORST = 60.0  # px from which it gets no worse
LEVEL = 2.5  # px by which items of one row may stand off its line
LIKE = 0.05  # part by which their sizes may differ
ITEMS = frozenset({"shape", "text-box", "picture", "chart", "table", "placeholder"})
Interval = tuple[float, float]


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    letters = {e.parent: _letters(e) for e in reversed(scene.elements) if e.kind in SLIDE_TEXTS}
    families: dict[tuple, list[Element]] = {}
    for e in scene.elements:
        if e.kind in ITEMS and is_finite(e) and e.box.area >= 400.0:
            families.setdefault((e.parent, letters.get(e.id)), []).append(e)
    for items in families.values():
        for along, across in ((_x, _y), (_y, _x)):
            for row in _rows(items, along, across):
                if len(row) >= limits.least and (found := _displaced(row, along, limits, scene)):
                    yield _defect(*found, row, along is _x, limits)


def _letters(text: Element) -> tuple:
    return round(font_px(text)), text.style.get("font_weight")


def _x(box: Box) -> Interval:
    return box.left, box.right


def _y(box: Box) -> Interval:
    return box.top, box.bottom


def _rows(items: Sequence[Element], along, across) -> Iterator[list[Element]]:
    """Like items on one line, in order, none of them on another one."""
    left = sorted(items, key=lambda e: (along(e.box)[0], e.id))
    while left:
        first = left.pop(0)
        row = [first] + [e for e in left if _like(first, e, along, across)]
        left = [e for e in left if e not in row]
        if all(along(a.box)[1] <= along(b.box)[0] + LEVEL for a, b in pairwise(row)):
            yield row


def _like(a: Element, b: Element, along, across) -> bool:
    if a.kind != b.kind or any(abs(x - y) > LEVEL for x, y in zip(across(a.box), across(b.box))):
        return False
    one, other = (along(e.box)[1] - along(e.box)[0] for e in (a, b))
    return abs(one - other) <= LIKE * max(one, other)


def _displaced(row: Sequence[Element], along, limits: Limits, scene: Scene) -> tuple[Element, float] | None:
    """The item whose shift would make the gaps alike, and that shift in px. Of three items any may be the one: the
    first or the last is where its outer edge is in line with nothing else on the slide while the other's is."""
    gaps = [along(b.box)[0] - along(a.box)[1] for a, b in pairwise(row)]
    if max(gaps) - min(gaps) <= limits.slack or len({_holds(a, b, along, scene) for a, b in pairwise(row)}) > 1:
        return None
    farthest = limits.design * (along(row[0].box)[1] - along(row[0].box)[0])
    if len(row) == 3 and limits.slack < (shift := abs(gaps[0] - gaps[1])) <= farthest:
        first, last = (_anchored(row, n, along, scene) for n in (0, -1))
        if first != last:
            return row[-1 if first else 0], shift
    for n in range(1, len(row) - 1):  # one between two others
        before, after = gaps[n - 1], gaps[n]
        others = gaps[: n - 1] + gaps[n + 1 :]
        shift = abs(before - after) / 2
        alike = all(abs(gap - (before + after) / 2) <= limits.slack / 2 for gap in others)
        if alike and limits.slack / 2 < shift <= farthest:
            return row[n], shift
    for n, gap, others in ((0, gaps[0], gaps[1:]), (len(row) - 1, gaps[-1], gaps[:-1])):  # the first, the last
        alike = len(others) >= 2 and max(others) - min(others) <= limits.slack / 2
        if alike and limits.slack < (shift := abs(gap - median(others))) <= farthest:
            return row[n], shift
    return None


def _holds(before: Element, after: Element, along, scene: Scene) -> bool:
    """Whether anything stands in the gap between two items of a row."""
    across = _y if along is _x else _x
    (_, start), (end, _), (low, high) = along(before.box), along(after.box), across(before.box)
    for e in scene.elements:
        if e.kind in ITEMS | {"connector"} and is_finite(e):
            (left, right), (top, bottom) = along(e.box), across(e.box)
            if start - LEVEL <= left and right <= end + LEVEL and top < high and low < bottom:
                return True
    return False


def _anchored(row: Sequence[Element], n: int, along, scene: Scene) -> bool:
    """Whether the outer edge of the first (0) or the last (-1) item is in line with something else on the slide"""
    edges = [along(e.box)[n] for e in scene.elements if e.kind in ITEMS and e not in row and is_finite(e)]
    return any(abs(along(row[n].box)[n] - edge) <= LEVEL for edge in edges)


def _defect(item: Element, shift: float, row: Sequence[Element], level: bool, limits: Limits) -> Defect:
    others = [e for e in row if e.id != item.id][:4]
    return Defect(
        detector="uneven-gaps",
        severity=severity(shift, limits.slack / 2, WORST, floor=0.3),
        boxes=(item.box, *(e.box for e in others)),
        element_ids=(item.id, *(e.id for e in others)),
        measured=round(shift, 1),
        required=limits.slack / 2,
        message=f"{quote(item)} stands {shift:.0f} px off its place in a {'row' if level else 'column'} of {len(row)}, "
        f"{limits.slack / 2:g} px allowed; make the gaps alike",
        props=("left" if level else "top", "position", "size", "layout"),
    )


DETECTOR = Detector("uneven-gaps", find, Limits())
