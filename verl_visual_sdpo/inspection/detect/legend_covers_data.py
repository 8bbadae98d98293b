"""legend-covers-data

What
    A legend lies on marks, lines, bars or wedges, on a heat map, or on words.
Why
    The data under it cannot be read, even through a translucent frame.
Known limits
    Of a filled area only its edge tells something; its inside may lie under the legend. Reference lines from edge to
    edge, spans from edge to edge, photographs are background, and a legend may lie on them. A collection of very many
    shapes, of which only the centres are known, is undetermined.
Example
    ``ax.plot(x, x**2, label="growth"); ax.legend(loc="upper right")``
Options
    marks   part of a scatter's marks that may be hidden
    line    longest run of a line or of an area's edge under the legend, over the legend's shorter side
    area    part of a bar or wedge, or of the legend itself, that may be covered
    text    part of a text that may be covered
    band    part of the legend that may lie inside a filled band or stack
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    FAINT,
    TEXT_KINDS,
    Detector,
    Finding,
    is_background,
    is_finite,
    large_fonts,
    opacity,
    panels,
    quote,
    severity,
    text_lines,
)
from verl_visual_sdpo.inspection.detect.shapes import (
    area_inside,
    areas,
    has_shape,
    is_hollow,
    is_marked,
    parts,
    seen_box,
    strokes,
)
from verl_visual_sdpo.inspection.geometry import (
    Polygon,
    area,
    bounds,
    contains,
    corners,
    grow,
    intersection,
    length_inside,
    overlap_area,
)
from verl_visual_sdpo.types import Box, Defect, Element, Scene, Undetermined


@dataclass(frozen=True, slots=True)
class Limits:
    marks: float = 0.01
    line: float = 0.5
    area: float = 0.05
    text: float = 0.15
    band: float = 0.6


WORST = 5.0  # times what is allowed
INSET = 2.0  # px inside the frame that do not count: frames and marks may touch
WORDS = frozenset({"title", "text", "annotation"})  # those of the axes are beside the data
LISTED = 12  # covered elements named in one defect


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    frames = {p.id: p.box for p in panels(scene)}
    for legend in scene.elements:
        if legend.kind != "legend" or not is_finite(legend):
            continue
        window = corners(grow(legend.box, -INSET))
        covered, unclear = [], []
        for e in scene.elements:
            if e.parent == legend.id or _is_above(e, legend) or not intersection(e.box, legend.box):
                continue
            if not (_is_data(e, frames) or _is_words(e) or _is_map(e)):
                continue
            share = hidden(e, window)
            if share is None:
                unclear.append(e.id)
            elif share > _allowed(e, limits):
                covered.append((share / _allowed(e, limits), share, e))
            elif _is_band(e) and (inside := area_inside(e, window) / max(area(window), 1.0)) > limits.band:
                covered.append((inside / limits.band, inside, e))
        if covered:
            yield _defect(legend, limits, covered, scene)
        elif unclear:
            reason = "the shape of what lies under the legend is not known"
            yield Undetermined("legend-covers-data", reason, (legend.id, *unclear))


def hidden(e: Element, window: Polygon) -> float | None:
    """How much of an element lies under ``window``, as the Options measure it; None when its shape is not known."""
    if e.kind in TEXT_KINDS:
        lines = text_lines(e, across=-0.15)
        return sum(overlap_area(line, window) for line in lines) / max(sum(map(area, lines)), 1.0)
    if e.kind == "image":
        return overlap_area(corners(seen_box(e)), window) / max(area(window), 1.0)
    if is_marked(e):
        return sum(contains(window, point) for point in e.outline) / len(e.outline)
    if not has_shape(e):
        return None
    if _by_its_lines(e):
        frame = bounds(window)
        lines = strokes(e) or parts(e)  # of a filled area the edge
        run = sum(length_inside(line, window) for line in lines)
        return run / max(min(frame.width, frame.height), 1.0)
    filled = areas(e)
    common = sum(overlap_area(part, window) for part in filled)
    return common / max(min(sum(map(area, filled)), area(window)), 1.0)


def _is_above(e: Element, legend: Element) -> bool:
    return float(e.style.get("zorder") or 0.0) > float(legend.style.get("zorder") or 0.0)


def _by_its_lines(e: Element) -> bool:
    """Lines, hollow shapes, and collections: the inside of a ``fill_between`` tells nothing, its edge does."""
    return e.kind in {"line", "collection"} or is_hollow(e)


def _is_data(e: Element, frames: dict[int, Box]) -> bool:
    if (
        e.kind not in {"line", "bar", "patch", "scatter", "collection"}
        or not is_finite(e)
        or opacity(e) < 0.05
        or e.style.get("role")
    ):
        return False
    frame = frames.get(e.panel) if e.panel is not None else None
    return frame is not None and not is_background(e, frame)


def _is_words(e: Element) -> bool:
    """Texts that are no part of another legend."""
    return e.kind in WORDS and bool(e.text.strip()) and is_finite(e) and opacity(e) >= FAINT


def _is_band(e: Element) -> bool:
    return e.kind == "collection" and opacity(e) >= 0.5 and bool(areas(e))


def _is_map(e: Element) -> bool:
    """Values in colours, not a photograph."""
    return e.kind == "image" and bool(e.style.get("cmap")) and is_finite(e)


def _allowed(e: Element, limits: Limits) -> float:
    if e.kind in TEXT_KINDS:
        return limits.text
    if is_marked(e):
        return limits.marks
    return limits.line if _by_its_lines(e) else limits.area


def _unit(e: Element) -> str:
    if e.kind in TEXT_KINDS:
        return "of it"
    if is_marked(e):
        return "of its marks"
    return "legend sizes of line" if _by_its_lines(e) else "of its area"


def _defect(legend: Element, limits: Limits, covered: list[tuple[float, float, Element]], scene: Scene) -> Defect:
    covered.sort(key=lambda item: (-item[0], item[2].id))
    _, share, worst = covered[0]
    shown = [e for _, _, e in covered[:LISTED]]
    large = large_fonts(scene) & {e.id for e in scene.elements if e.parent == legend.id}
    return Defect(
        detector="legend-covers-data",
        severity=severity(covered[0][0], 1.0, WORST, floor=0.6),
        boxes=(legend.box, *(e.box for e in shown)),
        element_ids=(legend.id, *(e.id for e in shown)),
        measured=round(share, 4),
        required=_allowed(worst, limits),
        message=f"the legend lies on {len(covered)} element(s), worst on {quote(worst)}: "
        f"{share:.2f} {_unit(worst)}, {_allowed(worst, limits):g} allowed; move it where nothing is drawn",
        props=("size", "font", "position", "text", "layout")
        if large
        else ("position", "size", "font", "text", "layout"),
    )


DETECTOR = Detector("legend-covers-data", find, Limits())
