"""tick-labels-collide

What
    Neighbouring tick labels of one axis touch or overlap.
Why
    They run into one string. One defect an axis, whatever the number of labels.
Known limits
    Labels of different axes are ``text-overlap`` or ``panels-overlap``. A gap below ``gap`` reads as none: a space is
    about a third of the font size. Each label is measured by a rectangle tight around its ink, a leading minus by one
    of its own, so that rows that slant (3-D) may step over each other's signs.
Example
    ``ax.bar(["January", "February", ...12 names], values)`` in a narrow figure
Options
    gap     smallest distance, in font sizes
    trim    font sizes taken off above and below a label of which only the box is known
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from verl_visual_sdpo.inspection.detect.detector import (
    Detector,
    Finding,
    blamable,
    font_px,
    groups,
    has_large_font,
    quote,
    severity,
    text_shape,
    texts,
    visible_share,
)
from verl_visual_sdpo.inspection.geometry import Polygon, bounds, corners, overlap_area, rectangle
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    gap: float = 0.08
    trim: float = 0.15


CORNER = 0.12  # font sizes by which the corners of two labels may overlap
DENSE = 1.5  # font sizes between the middles of neighbours below which hardly any label would have room
MINUS = "\N{MINUS SIGN}"
SIGN_WIDTH, SIGN_HEIGHT, DIGITS_FROM = 0.65, (0.3, 0.7), 0.75  # font sizes; parts of the label's height; font sizes
LONG_LABEL = 6  # characters: numbers are shorter, so longer labels are words that somebody chose
NEIGHBOURS = 3  # a label is compared with this many next ones along the axis (minor labels lie in between)


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    labels = [e for e in texts(scene, {"tick-label"}) if visible_share(e, scene) > 0]
    for axis_labels in groups(labels).values():
        pairs = _colliding(axis_labels, limits)
        if pairs:
            yield _defect(scene, limits, axis_labels, pairs)


def _colliding(labels: list[Element], limits: Limits) -> list[tuple[Element, Element]]:
    vertical = labels[0].style.get("axis") == "y"
    ordered = sorted(labels, key=lambda e: e.box.center[1] if vertical else e.box.center[0])
    # side by side they must keep a gap, one above the other they must not touch; corners may (a slanting row of labels)
    beside = [_shapes(e, limits.gap / 2, -CORNER, limits) for e in ordered]
    stacked = [_shapes(e, -CORNER, 0.0, limits) for e in ordered]
    return [
        (ordered[i], ordered[j])
        for i in range(len(ordered))
        for j in range(i + 1, min(i + 1 + NEIGHBOURS, len(ordered)))
        if max(_common(beside[i], beside[j]), _common(stacked[i], stacked[j])) > 1.0
        and not _same_place(ordered[i], ordered[j])
    ]


def _common(a: list[Polygon], b: list[Polygon]) -> float:
    return max(overlap_area(p, q) for p in a for q in b)


def _shapes(e: Element, along: float, across: float, limits: Limits) -> list[Polygon]:
    """The label's rectangle with its ends moved outwards by so many font sizes; of a number below zero that stands
    upright, those of its sign and of its digits."""
    em, known = font_px(e), text_shape(e, across=0.0 if e.outline else -limits.trim)
    degrees = float(e.style.get("rotation") or 0.0)
    box = bounds(known)
    if not e.text.startswith(MINUS) or abs(degrees) >= 1.0 or box.width <= 1.2 * em:
        return [rectangle(known, degrees, along * em, across * em)]
    top, bottom = (box.top + share * box.height for share in SIGN_HEIGHT)
    sign = corners(Box(box.left, top, box.left + SIGN_WIDTH * em, bottom))
    digits = corners(Box(box.left + DIGITS_FROM * em, box.top, box.right, box.bottom))
    return [rectangle(sign, 0.0, along * em), rectangle(digits, 0.0, along * em, across * em)]


def _same_place(a: Element, b: Element) -> bool:
    """A major and a minor tick may both print the same label at the same place; that looks like one."""
    return a.text == b.text and abs(a.box.center[0] - b.box.center[0]) + abs(a.box.center[1] - b.box.center[1]) < 2.0


def _defect(scene: Scene, limits: Limits, labels: list[Element], pairs: list[tuple[Element, Element]]) -> Defect:
    guilty = sorted({e.id: e for pair in pairs for e in pair}.values(), key=lambda e: e.id)
    axis = labels[0].style.get("axis", "")
    first, second = pairs[0]
    return Defect(
        detector="tick-labels-collide",
        severity=severity(len(guilty) / len(labels), 0.0, 1.0),
        boxes=tuple(e.box for e in guilty),
        element_ids=tuple(e.id for e in guilty),
        measured=round(len(guilty) / len(labels), 4),
        required=0.0,
        message=f"{len(guilty)} of {len(labels)} {axis} tick labels run into each other "
        f"({quote(first)} and {quote(second)}): 0 allowed, a gap of {limits.gap:g} font sizes is required",
        faulty=len(guilty),
        props=blamable(scene, *_props(labels, scene)),
    )


def _props(labels: list[Element], scene: Scene) -> tuple[str, ...]:
    """Large font, then long words, then too many ticks: whichever stands out comes first."""
    if has_large_font(labels[0], scene):
        return ("size", "font", "text", "rotation", "position", "limits", "data", "layout")
    sideways = abs(float(labels[0].style.get("rotation") or 0.0)) > 10.0
    if median(len(e.text) for e in labels) >= LONG_LABEL and not sideways and not _is_dense(labels):
        return ("text", "rotation", "size", "font", "position", "data", "limits", "layout")
    return ("position", "text", "data", "rotation", "size", "font", "limits", "layout")


def _is_dense(labels: list[Element]) -> bool:
    """Whether the ticks of an x axis stand so close that words of any length would collide."""
    middles = sorted(e.box.center[0] for e in labels)
    gaps = [b - a for a, b in pairwise(middles)]
    return labels[0].style.get("axis") == "x" and bool(gaps) and median(gaps) < DENSE * font_px(labels[0])


DETECTOR = Detector("tick-labels-collide", find, Limits())
