"""misaligned-items

What
    In a row, a column or a grid of like items one stands a few px beside the line that the others share.
Why
    A card 10 px lower than its neighbours is seen at once and looks like an accident.
Known limits
    At least ``least`` like items (one kind, one parent, nearly one size) are needed, all but one of them on one line;
    whatever shares tops, middles or bottoms (lefts, middles or rights in a column) is aligned. Large shifts are a
    design (staggered cards). Columns of unlike heights count where all others begin on one line, and so do the words in
    them. Inline content without a ground and text baselines are not looked at. On a slide, where
    everything has one parent, like items also have one size, filling and size of font: a heading may stand left of its
    points.
Example
    ``.card:nth-child(2) { margin-top: 14px }``; ``cards[1].top += Inches(0.15)``
Options
    least     items that a row needs
    slack     px by which lines may differ
    design    part of an item's size from which a shift is meant
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from verl_visual_sdpo.inspection.detect.detector import (
    SLIDE_TEXTS,
    TEXT_KINDS,
    Detector,
    Finding,
    font_px,
    is_finite,
    quote,
    severity,
)
from verl_visual_sdpo.inspection.detect.pages import Tree, ink
from verl_visual_sdpo.inspection.detect.slides import is_deck
from verl_visual_sdpo.inspection.geometry import interval_iou
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    least: float = 3
    slack: float = 2.5
    design: float = 0.35


WORST = 20.0  # px from which it gets no worse
FAR_OFF = 40.0  # px by which a column begins lower or higher on purpose
COLUMN = 80.0  # px of width from which a block is a column
LIKE = 0.25  # items differ by at most this part in their size across the row; columns share at least this part
TOUCH = 2.0  # px by which items that stand side by side may lie on each other
Interval = tuple[float, float]


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    tree = Tree(scene)
    families = list(tree.children.values())
    if is_deck(scene):  # what stands on a slide has no parent there
        families += _looks([e for e in scene.elements if e.parent is None], scene)
    for siblings in families:
        items = [e for e in siblings if _counts(e)]
        reported: set[int] = set()
        for along, across in ((_x, _y), (_y, _x)):
            for row in _rows(items, along, across):
                if len(row) >= limits.least and (found := _outlier(row, across, limits)):
                    item, shift = found
                    if item.id not in reported:
                        reported.add(item.id)
                        yield _defect(item, shift, row, across is _y, limits)
        for row in _columns(tree, items) if not is_deck(scene) else ():
            if len(row) >= limits.least and (found := _late(tree, row, limits)) and found[0].id not in reported:
                reported.add(found[0].id)
                yield _defect(*found, row, True, limits)


def _columns(tree: Tree, items: Sequence[Element]) -> Iterator[list[Element]]:
    """Runs of blocks with words side by side, however high they are."""
    row: list[Element] = []
    for e in sorted(items, key=lambda e: (e.box.left, e.id)):
        if e.box.width < COLUMN or e.kind == "image" or next(tree.texts(e), None) is None:
            continue
        if row and (e.box.left < row[-1].box.right - 2.0 or not all(_side_by_side(e, one) for one in row)):
            yield row
            row = []
        row.append(e)
    yield row


def _side_by_side(a: Element, b: Element) -> bool:
    shared = min(a.box.bottom, b.box.bottom) - max(a.box.top, b.box.top)
    return a.style.get("tag") == b.style.get("tag") and shared >= LIKE * min(a.box.height, b.box.height)


def _late(tree: Tree, row: Sequence[Element], limits: Limits) -> tuple[Element, float] | None:
    """The one column that begins off the line of all others, with its words, and by how many px."""
    boxes = [e.box for e in row]
    words = [min(ink(text).top for text in tree.texts(e)) for e in row]
    for line in ([b.bottom for b in boxes], [b.center[1] for b in boxes]):
        if max(line) - min(line) <= limits.slack:
            return None
    for i, e in enumerate(row):
        tops, heads = ([v for j, v in enumerate(all_) if j != i] for all_ in ([b.top for b in boxes], words))
        if max(tops) - min(tops) > 1.0 or max(heads) - min(heads) > limits.slack:
            continue
        shift = abs(e.box.top - tops[0])
        if limits.slack < min(shift, abs(words[i] - heads[0])) and shift <= min(limits.design * e.box.height, FAR_OFF):
            return e, shift
    return None


def _looks(frames: Sequence[Element], scene: Scene) -> Iterator[list[Element]]:
    """The frames of a slide by what they look like: of one size, as filled, in letters as large."""
    fonts = {e.parent: round(font_px(e)) for e in reversed(scene.elements) if e.kind in SLIDE_TEXTS}
    found: dict[tuple, list[Element]] = {}
    for e in frames:
        found.setdefault((e.style.get("face"), fonts.get(e.id)), []).append(e)
    for group in found.values():
        while group:
            first = group[0]
            yield [e for e in group if _one_size(e.box, first.box)]
            group = [e for e in group if not _one_size(e.box, first.box)]


def _one_size(a: Box, b: Box) -> bool:
    sides = ((a.width, b.width), (a.height, b.height))
    return all(abs(one - other) <= LIKE * max(one, other) for one, other in sides)


def _counts(e: Element) -> bool:
    display = str(e.style.get("display") or "")
    inline = display == "inline" or (display.startswith("inline") and not e.style.get("visible_paint"))
    inline = inline and e.kind != "image"
    if e.kind in {"figure", "table-cell", "connector"}:
        return False
    return e.kind not in TEXT_KINDS and is_finite(e) and e.box.area >= 64.0 and not inline and e.kind != "rule"


def _x(box: Box) -> Interval:
    return box.left, box.right


def _y(box: Box) -> Interval:
    return box.top, box.bottom


def _rows(items: Sequence[Element], along, across) -> Iterator[list[Element]]:
    """Runs of like items, side by side in one direction and beside each other in the other."""
    ordered = sorted(items, key=lambda e: (along(e.box)[0], e.id))
    starts = [along(e.box)[0] for e in ordered]
    taken: set[int] = set()
    for i, first in enumerate(ordered):
        if i in taken:
            continue
        row = [first]
        for k in range(bisect_left(starts, along(first.box)[1] - TOUCH, i + 1), len(ordered)):
            if k not in taken and _follows(row, ordered[k], along, across):
                row.append(ordered[k])
                taken.add(k)
        yield row


def _follows(row: list[Element], e: Element, along, across) -> bool:
    last, first = row[-1], row[0]
    beside = along(e.box)[0] >= along(last.box)[1] - TOUCH
    level = (
        interval_iou(across(first.box), across(e.box)) >= 0.5 or interval_iou(across(last.box), across(e.box)) >= 0.5
    )
    return e.kind == first.kind and beside and level and _alike(first, e, across)


def _alike(a: Element, b: Element, across) -> bool:
    one, other = (across(e.box)[1] - across(e.box)[0] for e in (a, b))
    return abs(one - other) <= LIKE * max(one, other) and a.style.get("tag") == b.style.get("tag")


def _outlier(row: list[Element], across, limits: Limits) -> tuple[Element, float] | None:
    """The one item off the line that all others share, and by how many px it is off."""
    spans = [across(e.box) for e in row]
    best: tuple[Element, float] | None = None
    for line in (lambda s: s[0], lambda s: (s[0] + s[1]) / 2, lambda s: s[1]):
        places = [line(s) for s in spans]
        middle = median(places)
        off = [i for i, place in enumerate(places) if abs(place - middle) > limits.slack]
        if not off:
            return None  # they share this line, which is enough
        if len(off) == 1 and best is None:
            item, shift = row[off[0]], abs(places[off[0]] - middle)
            size = spans[off[0]][1] - spans[off[0]][0]
            if shift <= limits.design * size and len(row) - 1 >= 2:
                best = item, shift
    return best


def _defect(item: Element, shift: float, row: list[Element], level: bool, limits: Limits) -> Defect:
    others = [e for e in row if e.id != item.id][:4]
    place = "row" if level else "column"
    side = (
        (("top" if level else "left"),) if "declared_left" in item.style else ()
    )  # a slide's items are placed by both
    return Defect(
        detector="misaligned-items",
        severity=severity(shift, limits.slack, WORST, floor=0.4),
        boxes=(item.box, *(e.box for e in others)),
        element_ids=(item.id, *(e.id for e in others)),
        measured=round(shift, 1),
        required=limits.slack,
        message=f"{quote(item)} stands {shift:.0f} px off the line of its {place} of {len(row)}, {limits.slack:g} px "
        "allowed; align it",
        props=(*side, "position", "spacing", "margin", "padding", "layout", "size", "height", "width"),
    )


DETECTOR = Detector("misaligned-items", find, Limits())
