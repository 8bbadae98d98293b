"""tick-labels-collide

What
    Neighbouring tick labels of one axis touch or overlap.
Why
    They run into one string. One defect an axis, whatever the number of labels.
Known limits
    Labels of different axes are ``text-overlap`` or ``panels-overlap``. A gap below ``gap`` reads as none: a space is
    about a third of the font size.
Example
    ``ax.bar(["January", "February", ...12 names], values)`` in a narrow figure
Options
    gap     smallest distance along the line, in font sizes
    trim    font sizes taken off above and below each label
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from verl_visual_sdpo.inspection.detect.detector import (
    Detector,
    Finding,
    groups,
    has_large_font,
    quote,
    severity,
    text_shape,
    texts,
    visible_share,
)
from verl_visual_sdpo.inspection.geometry import overlap_area
from verl_visual_sdpo.types import Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    gap: float = 0.08
    trim: float = 0.15


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
    shapes = [text_shape(e, along=limits.gap / 2, across=-limits.trim) for e in ordered]
    return [
        (ordered[i], ordered[j])
        for i in range(len(ordered))
        for j in range(i + 1, min(i + 1 + NEIGHBOURS, len(ordered)))
        if overlap_area(shapes[i], shapes[j]) > 1.0 and not _same_place(ordered[i], ordered[j])
    ]


def _same_place(a: Element, b: Element) -> bool:
    """A major and a minor tick may both print the same label at the same place; that looks like one."""
    return a.text == b.text and abs(a.box.center[0] - b.box.center[0]) + abs(a.box.center[1] - b.box.center[1]) < 2.0


def _defect(scene: Scene, limits: Limits, labels: list[Element], pairs: list[tuple[Element, Element]]) -> Defect:
    guilty = sorted({e.id: e for pair in pairs for e in pair}.values(), key=lambda e: e.id)
    axis = labels[0].style.get("axis", "")
    first, second = pairs[0]
    return Defect(
        detector="tick-labels-collide",
        severity=severity(len(guilty) / len(labels)),
        boxes=tuple(e.box for e in guilty),
        element_ids=tuple(e.id for e in guilty),
        measured=float(len(guilty)),
        required=0.0,
        message=f"{len(guilty)} of {len(labels)} {axis} tick labels run into each other "
        f"({quote(first)} and {quote(second)}); a gap of {limits.gap:g} font sizes is required",
        faulty=len(guilty),
        props=_props(labels, scene),
    )


def _props(labels: list[Element], scene: Scene) -> tuple[str, ...]:
    """Large font, then long words, then too many ticks: whichever stands out comes first."""
    if has_large_font(labels[0], scene):
        return ("size", "font", "text", "rotation", "position", "limits", "data", "layout")
    sideways = abs(float(labels[0].style.get("rotation") or 0.0)) > 10.0
    if median(len(e.text) for e in labels) >= LONG_LABEL and not sideways:
        return ("text", "rotation", "size", "font", "position", "data", "limits", "layout")
    return ("position", "text", "data", "rotation", "size", "font", "limits", "layout")


DETECTOR = Detector("tick-labels-collide", find, Limits())
