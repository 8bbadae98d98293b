"""text-over-data

What
    A title, label, text or annotation lies on a line or on marks.
Why
    Lines through letters make both hard to read.
Known limits
    Text on a plain area (a bar, a wedge, a heat map's cell) is judged by ``low-contrast``, not here. Text with its own
    background box or outline, labels of contours on contours, text on a mark larger than itself (a node's name), tick
    labels and legends are left out; so are lines hardly darker than the paper, which are drawn to be written over. Of a
    text the rectangle of each line counts.
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

from verl_visual_sdpo.inspection.detect.contrast import contrast_ratio, rgb
from verl_visual_sdpo.inspection.detect.detector import (
    DECORATIONS,
    FAINT,
    Detector,
    Finding,
    font_px,
    has_large_font,
    is_background,
    is_finite,
    opacity,
    panels,
    quote,
    severity,
    text_lines,
    texts,
    visible_share,
)
from verl_visual_sdpo.inspection.detect.shapes import is_marked, is_stroked, strokes
from verl_visual_sdpo.inspection.geometry import (
    Polygon,
    bounds,
    contains,
    corners,
    grow,
    intersection,
    length_inside,
    rectangle,
)
from verl_visual_sdpo.types import Defect, Element, Scene

WORST = 4.0  # times what is allowed
GUIDE = 1.6  # contrast to the panel's ground below which a line is one of a grid


@dataclass(frozen=True, slots=True)
class Limits:
    crossing: float = 0.6
    marks: int = 1
    trim: float = 0.2


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    frames = {p.id: p for p in panels(scene)}
    ink = [e for e in scene.elements if _is_ink(e, frames)]
    for e in texts(scene, {"title", "axis-label", "text", "annotation"}):
        if e.style.get("background") or e.style.get("path_effects") or visible_share(e, scene) == 0:
            continue
        lines = text_lines(e, across=-limits.trim)
        reach = bounds([point for line in lines for point in line])
        hits = []
        for other in ink:
            if e.style.get("role") == "level" and other.kind == "collection":
                continue  # the label of a contour lies on contours
            near = grow(reach, float(other.style.get("marker_size") or 0.0))
            if intersection(near, grow(other.box, 1.0)) and (excess := _excess(e, lines, other, frames, limits)) > 1.0:
                hits.append((excess, other))
        if hits:
            yield _defect(scene, e, hits, limits)


def _is_ink(e: Element, frames: dict[int, Element]) -> bool:
    drawn = (is_stroked(e) or is_marked(e) or _is_lines(e)) and is_finite(e) and opacity(e) >= FAINT
    if not drawn or e.panel not in frames or e.style.get("role"):
        return False
    frame = frames[e.panel]
    return not is_background(e, frame.box) and not _is_guide(e, frame)


def _is_lines(e: Element) -> bool:
    """A collection of lines: contours, ``vlines``, a stream."""
    return e.kind == "collection" and bool(strokes(e))


def _is_guide(e: Element, panel: Element) -> bool:
    """A line hardly darker than the paper is drawn to be written over."""
    color, paper = e.style.get("color") or e.style.get("edge"), panel.style.get("background") or "#ffffff"
    return bool(color) and contrast_ratio(rgb(color), rgb(paper)) < GUIDE


def _excess(text: Element, lines: list[Polygon], ink: Element, frames: dict[int, Element], limits: Limits) -> float:
    """How often the allowed amount of ink lies on the text."""
    if text.kind in DECORATIONS and text.panel != ink.panel:
        return 0.0  # labels of one panel on another one are the business of panels-overlap
    window = text.box if ink.clip is None else intersection(text.box, frames[ink.panel].box)
    if window is None:
        return 0.0
    if not is_marked(ink):
        run = sum(length_inside(stroke, line) for stroke in strokes(ink) for line in lines)
        return run / (limits.crossing * font_px(text))
    mark = float(ink.style.get("marker_size") or 0.0)
    if mark > text.box.height:
        return 0.0
    degrees = float(text.style.get("rotation") or 0.0)
    touched = [rectangle(line, degrees, mark / 2, mark / 2) for line in lines]
    near = corners(grow(window, mark / 2))
    return sum(contains(near, p) and any(contains(t, p) for t in touched) for p in ink.outline) / limits.marks


def _defect(scene: Scene, e: Element, hits: list[tuple[float, Element]], limits: Limits) -> Defect:
    hits.sort(key=lambda item: (-item[0], item[1].id))
    excess, worst = hits[0]
    if not is_marked(worst):
        measured, required, unit = excess * limits.crossing, limits.crossing, "font sizes of line through it"
    else:
        measured, required, unit = excess * limits.marks, float(limits.marks), "marks under it"
    large = has_large_font(e, scene)
    return Defect(
        detector="text-over-data",
        severity=severity(excess, 1.0, WORST),
        boxes=(e.box, *(h.box for _, h in hits)),
        element_ids=(e.id, *(h.id for _, h in hits)),
        measured=round(measured, 2),
        required=required,
        message=f"{quote(e)} lies on {quote(worst)}: {measured:.1f} {unit}, at most {required:g} allowed; "
        "move it beside",
        props=("size", "font", "position", "text")
        if large
        else ("position", "text", "size", "font", "rotation", "layout"),
    )


DETECTOR = Detector("text-over-data", find, Limits())
