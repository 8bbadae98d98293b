"""legend-covers-data

What
    A legend lies on marks, lines, bars or wedges, on a heat map, on words, or on the arrow of a note.
Why
    The data under it cannot be read, even through a translucent frame.
Known limits
    Of a collection's filled areas only their edges tell something; their inside may lie under the legend. Reference
    lines from edge to edge, spans from edge to edge, photographs are background, and a legend may lie on them. Of a
    collection of very many shapes only points are known: none of them under the legend is undetermined. A title inside
    its panel has left its place: it, not the legend, is then the one to move.
Example
    ``ax.plot(x, x**2, label="growth"); ax.legend(loc="upper right")``
Options
    marks   part of a scatter's marks that may be hidden
    line    longest run of a line or of an area's edge (the end of a bar, the rim of a wedge) under the legend, over the
            legend's shorter side
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
    is_marked,
    parts,
    seen_box,
    strokes,
)
from verl_visual_sdpo.inspection.geometry import (
    area,
    contains,
    corners,
    grow,
    intersection,
    length_inside,
    overlap_area,
    share_inside,
)
from verl_visual_sdpo.types import Box, Defect, Element, Scene, Undetermined


@dataclass(frozen=True, slots=True)
class Limits:
    marks: float = 0.004
    line: float = 0.5
    area: float = 0.05
    text: float = 0.15
    band: float = 0.6


WORST = 5.0  # times what is allowed
INSET = 2.0  # px inside the frame that do not count: frames and marks may touch
WORDS = frozenset({"title", "text", "annotation"})  # those of the axes are beside the data
LISTED = 12  # covered elements named in one defect


@dataclass(frozen=True, slots=True)
class Hidden:
    """``share`` of an element under the legend, in words its ``unit``, against what is ``allowed``."""

    share: float
    allowed: float
    unit: str
    element: Element

    @property
    def excess(self) -> float:
        return self.share / self.allowed


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    frames = {p.id: p.box for p in panels(scene)}
    for legend in scene.elements:
        if legend.kind != "legend" or not is_finite(legend):
            continue
        covered, unclear = [], []
        for e in scene.elements:
            if e.parent == legend.id or _is_above(e, legend) or not intersection(e.box, legend.box):
                continue
            if not (_is_data(e, frames) or _is_words(e) or _is_map(e)):
                continue
            measures = list(_hidden(e, legend, limits))
            if not measures and not has_shape(e):
                unclear.append(e.id)
            covered += [worst] if measures and (worst := max(measures, key=lambda h: h.excess)).excess > 1.0 else []
        if covered:
            yield _defect(legend, covered, scene)
        elif unclear:
            reason = "the shape of what lies under the legend is not known"
            yield Undetermined("legend-covers-data", reason, (legend.id, *unclear))


def _hidden(e: Element, legend: Element, limits: Limits) -> Iterator[Hidden]:
    """What of an element lies under the legend, in each way that the Options measure it; nothing where its shape is
    not known."""
    frame = grow(legend.box, -INSET)
    seen = frame if e.clip is None else intersection(frame, e.clip)
    if seen is None:
        yield Hidden(0.0, 1.0, "of it", e)
        return
    window, side = corners(seen), max(min(frame.width, frame.height), 1.0)
    if e.kind in TEXT_KINDS:
        lines = text_lines(e, across=-0.15)
        common = sum(overlap_area(line, window) for line in lines)
        yield Hidden(common / max(sum(map(area, lines)), 1.0), limits.text, "of it", e)
    elif e.kind == "image":
        common = overlap_area(corners(seen_box(e)), window)
        yield Hidden(common / max(frame.area, 1.0), limits.area, "of the legend on it", e)
    elif is_marked(e) or (e.style.get("centres") and e.outline):
        inside = sum(contains(window, point) for point in e.outline)
        if inside or is_marked(e):
            yield Hidden(inside / len(e.outline), limits.marks, "of its marks", e)
    elif has_shape(e):
        edges = strokes(e) or [(*part, part[0]) for part in areas(e)] or parts(e)
        run = sum(length_inside(line, window) for line in edges)
        yield Hidden(run / side, limits.line, "legend sizes of line", e)
        filled, inside = sum(map(area, areas(e))), area_inside(e, window)
        if e.kind in {"bar", "patch"}:
            yield Hidden(inside / max(min(filled, frame.area), 1.0), limits.area, "of its area", e)
        elif _is_band(e):
            yield Hidden(inside / max(frame.area, 1.0), limits.band, "of the legend in it", e)


def _is_above(e: Element, legend: Element) -> bool:
    return float(e.style.get("zorder") or 0.0) > float(legend.style.get("zorder") or 0.0)


def _is_data(e: Element, frames: dict[int, Box]) -> bool:
    if (
        e.kind not in {"line", "bar", "patch", "scatter", "collection"}
        or not is_finite(e)
        or opacity(e) < 0.05
        or e.style.get("role") not in (None, "arrow")
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


def _defect(legend: Element, covered: list[Hidden], scene: Scene) -> Defect:
    covered.sort(key=lambda h: (-h.excess, h.element.id))
    worst, shown = covered[0], [h.element for h in covered[:LISTED]]
    large = large_fonts(scene) & {e.id for e in scene.elements if e.parent == legend.id}
    strayed = _has_left_its_place(worst.element, scene)
    ordered = list({e.id: e for e in (*([worst.element] if strayed else []), legend, *shown)}.values())
    mend = "move it back above its panel" if strayed else "move the legend where nothing is drawn"
    return Defect(
        detector="legend-covers-data",
        severity=severity(worst.excess, 1.0, WORST, floor=0.6),
        boxes=tuple(e.box for e in ordered),
        element_ids=tuple(e.id for e in ordered),
        measured=round(worst.share, 4),
        required=worst.allowed,
        message=f"the legend lies on {len(covered)} element(s), worst on {quote(worst.element)}: "
        f"{worst.share:.2f} {worst.unit}, {worst.allowed:g} allowed; {mend}",
        props=("size", "font", "position", "text", "layout")
        if large
        else ("position", "size", "font", "text", "layout"),
    )


def _has_left_its_place(e: Element, scene: Scene) -> bool:
    """Whether a title, which stands above its panel, lies in it."""
    panel = next((p for p in panels(scene) if p.id == e.panel), None)
    return e.kind == "title" and panel is not None and share_inside(e.box, panel.box) > 0.5


DETECTOR = Detector("legend-covers-data", find, Limits())
