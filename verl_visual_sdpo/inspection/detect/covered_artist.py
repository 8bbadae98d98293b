"""covered-artist

What
    Something drawn later hides a text or data: a span with a high zorder, a patch on a label, an image on curves.
Why
    What is covered is as good as not drawn.
Known limits
    Whether a text can still be read is seen in the picture, before and after; of data, the outlines are compared with
    those of opaque areas drawn over them, in the order of zorder and of drawing. Areas hide areas by design (stacked
    bars, a pie with a hole, histograms one in front of the other): of an area nearly all must be gone. Lines on lines
    and marks on marks are clean. Legends over data are ``legend-covers-data``, text over text ``text-overlap``, panels
    over panels ``panels-overlap``. A background that fills its panel hides nothing that was drawn after it.
Example
    ``ax.plot(x, y); ax.axvspan(2, 4, color="white", zorder=10)``
Options
    text    part of a text that may be hidden
    marks   part of a line's length or of a cloud's marks that may be hidden
    area    part of a filled shape that may be hidden
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    DATA_KINDS,
    TEXT_KINDS,
    Detector,
    Finding,
    is_finite,
    opacity,
    quote,
    severity,
    text_shape,
)
from verl_visual_sdpo.inspection.detect.shapes import areas, has_shape, is_marked, seen_box, strokes
from verl_visual_sdpo.inspection.geometry import (
    Polygon,
    area,
    bounds,
    clip,
    contains,
    corners,
    intersection,
    length,
    length_inside,
    overlap_area,
    share_inside,
)
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    text: float = 0.2
    marks: float = 0.3
    area: float = 0.97


OPAQUE = 0.85  # an area of less opacity lets what is under it be seen
SMALLEST = 60.0  # square px: less hides nothing worth naming
LISTED = 12  # covered elements named in one defect

Cover = tuple[Element, list[Polygon], tuple[float, ...]]


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    layers = _layers(scene)
    covers = [
        (e, shapes, layers[e.id])
        for e in scene.elements
        if e.id in layers and _may_cover(e) and sum(map(area, shapes := _opaque(e))) >= SMALLEST
    ]
    if not covers:
        return
    hidden: dict[int, list[tuple[float, float, Element]]] = {}
    by_id = {cover[0].id: cover for cover in covers}
    for e in scene.elements:
        found = _of_text(e, covers, layers, limits) if e.kind in TEXT_KINDS else _of_data(e, covers, layers, limits)
        if found is not None:
            share, allowed, cover = found
            hidden.setdefault(cover, []).append((share, allowed, e))
    for cover, victims in hidden.items():
        yield _defect(by_id[cover][0], victims)


def _layers(scene: Scene) -> dict[int, tuple[float, ...]]:
    """When each element is drawn: by the zorder of its panel, the order of panels, its own zorder, its place among its
    siblings. What is in no panel comes with them."""
    panels = {e.id: (float(e.style.get("zorder") or 0.0), float(e.id)) for e in scene.elements if e.kind == "axes"}
    found = {}
    for e in scene.elements:
        if e.kind in DATA_KINDS | TEXT_KINDS | {"legend", "text-box"} and is_finite(e):
            own = (float(e.style.get("zorder") or 0.0), float(e.id))
            found[e.id] = (*panels[e.panel], *own) if e.panel in panels else (*own, 0.0, 0.0)
    return found


def _may_cover(e: Element) -> bool:
    kinds = {"bar", "patch", "collection", "image", "text-box"}
    return e.kind in kinds and opacity(e) >= OPAQUE and not e.style.get("role")


def _opaque(e: Element) -> list[Polygon]:
    if e.kind in {"image", "text-box"}:
        box = seen_box(e)
        return [corners(box)] if box.area > 0 else []
    return areas(e)


# --------------------------------------------------------------------------- victims


def _of_text(
    e: Element, covers: list[Cover], layers: dict[int, tuple[float, ...]], limits: Limits
) -> tuple[float, float, int] | None:
    """(share hidden, allowed, id of what hides it)."""
    share = float(e.style.get("covered") or 0.0)
    if share <= limits.text or not e.text.strip():
        return None
    shape = text_shape(e)
    over = [
        (sum(overlap_area(part, shape) for part in parts), cover.id) for cover, parts, _ in _above(e, covers, layers)
    ]
    most, cover = max(over, default=(0.0, 0))
    return (share, limits.text, cover) if most > limits.text * area(shape) else None


def _of_data(
    e: Element, covers: list[Cover], layers: dict[int, tuple[float, ...]], limits: Limits
) -> tuple[float, float, int] | None:
    if e.id not in layers or e.style.get("role") or not (has_shape(e) or e.kind == "image"):
        return None
    seen = seen_box(e)
    allowed = limits.marks if is_marked(e) or strokes(e) else limits.area
    worst = (allowed, 0)
    for cover, parts, _ in _above(e, covers, layers):
        reach = bounds([point for part in parts for point in part])
        if share_inside(seen, reach) > allowed / 2 and (share := _share(e, parts)) > worst[0]:
            worst = (share, cover.id)
    return (worst[0], allowed, worst[1]) if worst[0] > allowed else None


def _above(e: Element, covers: list[Cover], layers: dict[int, tuple[float, ...]]) -> Iterator[Cover]:
    for cover in covers:
        if e.id in layers and cover[2] > layers[e.id] and cover[0].id != e.id and intersection(_box(e), cover[0].box):
            yield cover


def _box(e: Element) -> Box:
    box = seen_box(e)
    return Box(box.left - 1, box.top - 1, box.right + 1, box.bottom + 1)


def _share(e: Element, parts: list[Polygon]) -> float:
    """The part of what is seen of an element that lies under the areas ``parts``."""
    window = None if e.clip is None else corners(e.clip)
    if e.kind == "image":
        box = seen_box(e)
        return sum(overlap_area(part, corners(box)) for part in parts) / max(box.area, 1.0)
    if is_marked(e):
        marks = [p for p in e.outline if window is None or contains(window, p)]
        return sum(any(contains(part, p) for part in parts) for p in marks) / max(len(marks), 1)
    if lines := strokes(e):
        whole = sum(length_inside(line, window) if window else length(line) for line in lines)
        under = sum(length_inside(line, part) for part in _convex(parts, window) for line in lines)
        return under / max(whole, 1.0)
    filled = areas(e)
    under = sum(overlap_area(shape, part) for part in _convex(parts, window) for shape in filled)
    return under / max(sum(map(area, filled)), 1.0)


def _convex(parts: list[Polygon], window: Polygon | None) -> list[Polygon]:
    """Areas as convex pieces inside the window: of an area that is not a quadrangle, its largest upright strips."""
    pieces = []
    for part in parts:
        pieces += [part] if len(set(part)) <= 4 else _strips(part)
    return pieces if window is None else [shown for piece in pieces if (shown := clip(piece, window))]


def _strips(part: Polygon) -> list[Polygon]:
    """An area cut into upright strips; a strip is the range between its lowest and highest crossing."""
    box = bounds(part)
    width = max(box.width / 24, 1.0)
    pieces = []
    for i in range(int(box.width / width)):
        left, right = box.left + i * width, box.left + (i + 1) * width
        column = clip(part, ((left, box.top), (right, box.top), (right, box.bottom), (left, box.bottom)))
        if len(column) > 2:
            inner = bounds(column)
            filled = area(column) / max(inner.area, 1e-9)
            if filled > 0.7:
                pieces.append(corners(inner))
    return pieces


# --------------------------------------------------------------------------- words


def _defect(cover: Element, victims: list[tuple[float, float, Element]]) -> Defect:
    victims.sort(key=lambda item: (-item[0], item[2].id))
    share, allowed, worst = victims[0]
    shown = [e for _, _, e in victims[:LISTED]]
    more = f" and {len(victims) - 1} more" if len(victims) > 1 else ""
    return Defect(
        detector="covered-artist",
        severity=severity(share, 0.0, 0.8, floor=0.6),
        boxes=(cover.box, *(e.box for e in shown)),
        element_ids=(cover.id, *(e.id for e in shown)),
        measured=round(share, 4),
        required=allowed,
        message=f"{quote(cover)} is drawn over {quote(worst)}{more} and hides {share:.0%} of it, {allowed:.0%} "
        "allowed; draw it underneath (zorder) or elsewhere",
        props=("order", "position", "data", "color"),
    )


DETECTOR = Detector("covered-artist", find, Limits())
