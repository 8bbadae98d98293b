"""text-over-data

What
    A title, label, text or annotation lies on a line or on marks.
Why
    Lines through letters make both hard to read.
Known limits
    Text on a plain area (a bar, a wedge, a heat map's cell) is judged by ``low-contrast``, not here. Text with its own
    background box, text on a mark larger than itself (a node's name), tick labels and legends are left out. Collections
    without a known shape (contours, vlines) are not looked at.
Example
    ``ax.plot(x, y); ax.text(x[50], y[50], "the maximum of the year")``
Options
    crossing   longest run of a line through a text, in font sizes
    marks      most marks under a text
    trim       font sizes taken off above and below the text
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    DECORATIONS,
    FAINT,
    Detector,
    Finding,
    font_px,
    has_large_font,
    is_background,
    is_finite,
    is_marked,
    is_stroked,
    opacity,
    panels,
    quote,
    severity,
    text_shape,
    texts,
    visible_share,
)
from verl_visual_sdpo.inspection.geometry import (
    Polygon,
    contains,
    corners,
    grow,
    intersection,
    length_inside,
    rectangle,
)
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    crossing: float = 0.6
    marks: int = 1
    trim: float = 0.2


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    frames = {p.id: p.box for p in panels(scene)}
    ink = [e for e in scene.elements if _is_ink(e, frames)]
    for e in texts(scene, {"title", "axis-label", "text", "annotation"}):
        if e.style.get("background") or visible_share(e, scene) == 0:
            continue
        shape = text_shape(e, across=-limits.trim)
        hits = [(excess, other) for other in ink if (excess := _excess(e, shape, other, frames, limits)) > 1.0]
        if hits:
            yield _defect(scene, e, hits, limits)


def _is_ink(e: Element, frames: dict[int, Box]) -> bool:
    drawn = (is_stroked(e) or is_marked(e)) and is_finite(e) and opacity(e) >= FAINT
    return bool(drawn and e.panel in frames and not is_background(e, frames[e.panel]))


def _excess(text: Element, shape: Polygon, ink: Element, frames: dict[int, Box], limits: Limits) -> float:
    """How often the allowed amount of ink lies in the text's shape."""
    if text.kind in DECORATIONS and text.panel != ink.panel:
        return 0.0  # labels of one panel on another one are the business of panels-overlap
    reach = intersection(text.box, frames[ink.panel]) if ink.clip is not None else text.box
    if reach is None:
        return 0.0
    if is_stroked(ink):
        return length_inside(ink.outline, shape) / (limits.crossing * font_px(text))
    mark = float(ink.style.get("marker_size") or 0.0)
    if mark > text.box.height:
        return 0.0
    window, touched = corners(grow(reach, mark / 2)), _grown(shape, text, mark / 2)
    return sum(contains(touched, p) and contains(window, p) for p in ink.outline) / limits.marks


def _grown(shape: Polygon, text: Element, px: float) -> Polygon:
    return rectangle(shape, float(text.style.get("rotation") or 0.0), px, px)


def _defect(scene: Scene, e: Element, hits: list[tuple[float, Element]], limits: Limits) -> Defect:
    hits.sort(key=lambda item: (-item[0], item[1].id))
    excess, worst = hits[0]
    if is_stroked(worst):
        measured, required, unit = excess * limits.crossing, limits.crossing, "font sizes of line through it"
    else:
        measured, required, unit = excess * limits.marks, float(limits.marks), "marks under it"
    large = has_large_font(e, scene)
    return Defect(
        detector="text-over-data",
        severity=severity((excess - 1.0) / 3.0),
        boxes=(e.box, *(h.box for _, h in hits)),
        element_ids=(e.id, *(h.id for _, h in hits)),
        measured=round(measured, 2),
        required=required,
        message=f"{quote(e)} lies on {quote(worst)}: {measured:.1f} {unit}, at most {required:g} allowed",
        props=("size", "font", "position", "text")
        if large
        else ("position", "text", "size", "font", "rotation", "layout"),
    )


DETECTOR = Detector("text-over-data", find, Limits())
