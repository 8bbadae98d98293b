"""covered-artist

What
    Something drawn later hides a text or data: a span with a high zorder, a patch on a label, an image on curves.
Why
    What is covered is as good as not drawn.
Known limits
    Whether a text can still be read is seen in the picture, before and after; of data, points all over are compared
    with the opaque areas drawn over them, in the order of zorder and of drawing. Areas hide areas by design (stacked
    bars, a pie with a hole, histograms one in front of the other): of an area nearly all must be gone, of values shown
    in colours, which nothing is meant to stand on, less. Lines on lines
    and marks on marks are clean. Legends over data are ``legend-covers-data``, text over text ``text-overlap``, panels
    over panels ``panels-overlap``; pictures over pictures and 3-D scenes are left out.
Example
    ``ax.plot(x, y); ax.axvspan(2, 4, color="white", zorder=10)``
Options
    text    part of a text that may be hidden
    marks   part of a line's length or of a cloud's marks that may be hidden
    area    part of a filled shape that may be hidden
    field   part of values shown in colours (a heat map, hexagons) that may be hidden
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

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
from verl_visual_sdpo.inspection.detect.nearby import PARTNERS, Boxes, inside
from verl_visual_sdpo.inspection.detect.shapes import areas, has_shape, is_hollow, is_marked, seen_box, strokes
from verl_visual_sdpo.inspection.geometry import (
    Polygon,
    area,
    bounds,
    corners,
    iou,
    overlap_area,
    share_inside,
)
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    text: float = 0.2
    marks: float = 0.3
    area: float = 0.97
    field: float = 0.3


OPAQUE = 0.85  # an area of less opacity lets what is under it be seen
SMALLEST = 60.0  # square px: less hides nothing worth naming
STEP = 4.0  # px between the points that stand for a line
GRID = 11  # points each way that stand for an area
SAME_PLACE = 0.95  # IoU of a shape and the same shape drawn again
LISTED = 12  # covered elements named in one defect


@dataclass(frozen=True)
class Covers:
    """Opaque areas: the element, its polygons, how far these reach and when it is drawn, parallel to each other."""

    elements: list[Element]
    shapes: list[list[Polygon]]
    reaches: list[Box]
    places: Boxes
    ranks: list[int]

    @classmethod
    def of(cls, scene: Scene, ranks: dict[int, int]) -> Covers:
        found = [(e, _opaque(e)) for e in scene.elements if e.id in ranks and _may_cover(e)]
        found = [(e, shapes) for e, shapes in found if sum(map(area, shapes)) >= SMALLEST]
        return cls(
            [e for e, _ in found],
            [shapes for _, shapes in found],
            [bounds([point for shape in shapes for point in shape]) for _, shapes in found],
            Boxes(e.box for e, _ in found),
            [ranks[e.id] for e, _ in found],
        )

    def above(self, e: Element, rank: int, least: float = 0.0) -> Iterator[tuple[Element, list[Polygon]]]:
        """Those that are drawn after the element, meet its box, and reach over ``least`` of it or more; of a heap
        the first :data:`PARTNERS`."""
        box = seen_box(e)
        later = (i for i in self.places.near(box, 1.0) if self.ranks[i] > rank)
        enough = (i for i in later if not least or share_inside(box, self.reaches[i]) > least)
        for i in itertools.islice(enough, PARTNERS):
            yield self.elements[i], self.shapes[i]


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    ranks = _ranks(scene)
    covers = Covers.of(scene, ranks)
    if not covers.elements:
        return
    hidden: dict[int, list[tuple[float, float, Element]]] = {}
    for e in scene.elements:
        if e.id in ranks:
            look = _of_text if e.kind in TEXT_KINDS else _of_data
            if found := look(e, covers, ranks[e.id], limits):
                share, allowed, cover = found
                hidden.setdefault(cover, []).append((share, allowed, e))
    for cover, victims in hidden.items():
        yield _defect(next(e for e in covers.elements if e.id == cover), victims)


def _ranks(scene: Scene) -> dict[int, int]:
    """In which order elements are drawn: by the zorder of their panel, the order of panels, their own zorder, their
    place among their siblings. What is in no panel is drawn beside them by its zorder; what stands in space hides what
    is behind it and has no place in the order."""
    panels = {e.id: (float(e.style.get("zorder") or 0.0), float(e.id)) for e in scene.elements if e.kind == "axes"}
    in_space = {e.id for e in scene.elements if e.kind == "axes" and e.style.get("projection") == "3d"}
    layers = {}
    for e in scene.elements:
        if e.panel not in in_space and e.kind in DATA_KINDS | TEXT_KINDS | {"text-box"} and is_finite(e):
            own = (float(e.style.get("zorder") or 0.0), float(e.id))
            layers[e.id] = (*panels[e.panel], *own) if e.panel in panels else (*own, 0.0, 0.0)
    return {element: rank for rank, element in enumerate(sorted(layers, key=layers.__getitem__))}


def _may_cover(e: Element) -> bool:
    kinds = {"bar", "patch", "collection", "image", "text-box"}
    return e.kind in kinds and opacity(e) >= OPAQUE and not e.style.get("role")


def _opaque(e: Element) -> list[Polygon]:
    if e.kind in {"image", "text-box"}:
        box = seen_box(e)
        return [corners(box)] if box.area > 0 else []
    return areas(e)


# --------------------------------------------------------------------------- victims


def _of_text(e: Element, covers: Covers, rank: int, limits: Limits) -> tuple[float, float, int] | None:
    """(share hidden, allowed, id of what hides it)."""
    share = float(e.style.get("covered") or 0.0)
    if share <= limits.text or not e.text.strip():
        return None
    shape = text_shape(e)
    over = ((sum(overlap_area(part, shape) for part in parts), cover.id) for cover, parts in covers.above(e, rank))
    most, cover = max(over, default=(0.0, 0))
    return (share, limits.text, cover) if most > limits.text * area(shape) else None


def _of_data(e: Element, covers: Covers, rank: int, limits: Limits) -> tuple[float, float, int] | None:
    if (
        e.style.get("role")
        or e.style.get("shape") == "Shadow"
        or not (has_shape(e) or e.kind == "image" or _is_field(e))
    ):
        return None
    if e.kind == "patch" and is_hollow(e):
        return None  # the edge of a drawing
    allowed = limits.marks if is_marked(e) or strokes(e) else limits.field if _is_field(e) else limits.area
    worst, points = (allowed, 0), None
    for cover, parts in covers.above(e, rank, allowed / 2):
        if cover.kind == e.kind == "image" or _is_drawn_twice(e, cover):
            continue  # pictures are laid over each other, shapes get an edge by being drawn a second time
        points = _seen_points(e) if points is None else points
        if (share := _share_under(parts, points)) > worst[0]:
            worst = (share, cover.id)
    return (worst[0], allowed, worst[1]) if worst[0] > allowed else None


def _is_drawn_twice(e: Element, other: Element) -> bool:
    return e.kind == other.kind == "patch" and bool(e.outline) and iou(e.box, other.box) > SAME_PLACE


def _is_field(e: Element) -> bool:
    """Values in colours, which nothing is meant to stand on."""
    return bool(e.style.get("cmap")) and (e.kind == "image" or (e.kind == "collection" and not is_hollow(e)))


def _share_under(parts: list[Polygon], points: np.ndarray) -> float:
    """The part of the points that lie under the areas ``parts``."""
    under = np.zeros(len(points), bool)
    for part in parts:
        under |= inside(part, points)
    return float(under.sum()) / max(len(points), 1)


def _seen_points(e: Element) -> np.ndarray:
    """(N, 2): points all over what is seen of an element."""
    window = seen_box(e)
    seen = [(x, y) for x, y in _points(e) if window.left <= x <= window.right and window.top <= y <= window.bottom]
    return np.array(seen, float).reshape(-1, 2)


def _points(e: Element) -> list[tuple[float, float]]:
    if is_marked(e) or e.style.get("centres"):
        return list(e.outline)
    if lines := strokes(e):
        return [point for line in lines for point in _along(line)]
    grid = _grid(seen_box(e))
    if e.kind == "image":
        return grid
    filled = [inside(shape, np.array(grid)) for shape in areas(e)]
    return [p for p, *hits in zip(grid, *filled) if any(hits)]


def _along(line: Polygon) -> list[tuple[float, float]]:
    """Points on a polyline, STEP px apart."""
    found = []
    for (x1, y1), (x2, y2) in itertools.pairwise(line):
        pieces = min(int(math.dist((x1, y1), (x2, y2)) / STEP) + 1, 200)
        found += [(x1 + (x2 - x1) * k / pieces, y1 + (y2 - y1) * k / pieces) for k in range(pieces)]
    return found


def _grid(box: Box) -> list[tuple[float, float]]:
    steps = [(k + 0.5) / GRID for k in range(GRID)]
    return [(box.left + u * box.width, box.top + v * box.height) for u in steps for v in steps]


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
