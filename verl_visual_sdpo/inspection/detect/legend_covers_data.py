"""legend-covers-data

What
    A legend lies on marks, lines, bars or wedges.
Why
    The data under it cannot be read, even through a translucent frame.
Known limits
    Of a filled area only its edge tells something; its inside may lie under the legend. Reference lines from edge to
    edge, spans from edge to edge and images are background, and a legend may lie on them. A collection whose shape the
    renderer does not give (several polygons) is undetermined.
Example
    ``ax.plot(x, x**2, label="growth"); ax.legend(loc="upper right")``
Options
    marks   part of a scatter's marks that may be hidden
    line    longest run of a line or of an area's edge under the legend, over the legend's shorter side
    area    part of a bar or wedge, or of the legend itself, that may be covered
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    Detector,
    Finding,
    is_background,
    is_finite,
    is_marked,
    is_stroked,
    opacity,
    panels,
    quote,
    severity,
)
from verl_visual_sdpo.inspection.geometry import (
    Polygon,
    area,
    bounds,
    clip,
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


INSET = 2.0  # px inside the frame that do not count: frames and marks may touch
LISTED = 12  # covered elements named in one defect


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    frames = {p.id: p.box for p in panels(scene)}
    for legend in scene.elements:
        if legend.kind != "legend" or not is_finite(legend):
            continue
        window = corners(grow(legend.box, -INSET))
        covered, unclear = [], []
        for e in scene.elements:
            if e.parent == legend.id or not _is_data(e, frames) or not intersection(e.box, legend.box):
                continue
            share = hidden(e, window)
            if share is None:
                unclear.append(e.id)
            elif share > _allowed(e, limits):
                covered.append((share / _allowed(e, limits), share, e))
        if covered:
            yield _defect(legend, limits, covered)
        elif unclear:
            reason = "the shape of what lies under the legend is not known"
            yield Undetermined("legend-covers-data", reason, (legend.id, *unclear))


def hidden(e: Element, window: Polygon) -> float | None:
    """How much of an element lies under ``window``, as the Options measure it; None when its shape is not known."""
    if is_marked(e):
        return sum(contains(window, point) for point in e.outline) / len(e.outline)
    if e.kind in {"line", "scatter"}:
        return _run(e, window) if is_stroked(e) else None
    if e.kind == "collection":
        return _run(e, window) if e.style.get("parts") == 1 and len(e.outline) > 2 else None
    shape = corners(e.box) if e.kind == "bar" or e.style.get("shape") == "Rectangle" else e.outline
    if len(shape) < 3:
        return None
    if e.clip is not None:
        shape = clip(shape, corners(e.clip))
    common = overlap_area(shape, window) if shape else 0.0
    return common / max(min(area(shape), area(window)), 1.0)


def _run(e: Element, window: Polygon) -> float:
    frame = bounds(window)
    return length_inside(e.outline, window) / max(min(frame.width, frame.height), 1.0)


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


def _allowed(e: Element, limits: Limits) -> float:
    if is_marked(e):
        return limits.marks
    return limits.line if e.kind in {"line", "collection"} else limits.area


def _unit(e: Element) -> str:
    if is_marked(e):
        return "of its marks"
    return "legend sizes of line" if e.kind in {"line", "collection"} else "of its area"


def _defect(legend: Element, limits: Limits, covered: list[tuple[float, float, Element]]) -> Defect:
    covered.sort(key=lambda item: (-item[0], item[2].id))
    _, share, worst = covered[0]
    shown = [e for _, _, e in covered[:LISTED]]
    return Defect(
        detector="legend-covers-data",
        severity=severity((covered[0][0] - 1.0) / 4.0, floor=0.6),
        boxes=(legend.box, *(e.box for e in shown)),
        element_ids=(legend.id, *(e.id for e in shown)),
        measured=round(share, 4),
        required=_allowed(worst, limits),
        message=f"the legend lies on {len(covered)} data element(s), worst on {quote(worst)}: "
        f"{share:.2f} {_unit(worst)}, {_allowed(worst, limits):g} allowed",
        props=("position", "size", "font", "text", "layout"),
    )


DETECTOR = Detector("legend-covers-data", find, Limits())
