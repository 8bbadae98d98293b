"""Plane geometry in px, origin top-left, y down. Pure functions; points are ``(x, y)``, polygons tuples of points.

Text that is rotated is a rectangle with an angle; everything else is an axis-aligned ``Box`` or a polyline.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from verl_visual_sdpo.types import Box

Point = tuple[float, float]
Polygon = tuple[Point, ...]


# --------------------------------------------------------------------------- boxes


def intersection(a: Box, b: Box) -> Box | None:
    """The common part of two boxes, or None when they share no area."""
    common = Box(max(a.left, b.left), max(a.top, b.top), min(a.right, b.right), min(a.bottom, b.bottom))
    return common if common.width > 0 and common.height > 0 else None


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of ``boxes`` (at least one)."""
    boxes = tuple(boxes)
    return Box(
        min(b.left for b in boxes),
        min(b.top for b in boxes),
        max(b.right for b in boxes),
        max(b.bottom for b in boxes),
    )


def grow(box: Box, px: float) -> Box:
    """``box`` with every side moved outwards by ``px`` (inwards when negative, at most to its centre)."""
    dx, dy = max(px, -box.width / 2), max(px, -box.height / 2)
    return Box(box.left - dx, box.top - dy, box.right + dx, box.bottom + dy)


def iou(a: Box, b: Box) -> float:
    """Intersection over union in [0, 1]. Two boxes that coincide count 1 even when they have no area (a flat line)."""
    if a == b:
        return 1.0
    common = intersection(a, b)
    if common is None:
        return 0.0
    return common.area / (a.area + b.area - common.area)


def best_iou(region: Iterable[Box], other: Sequence[Box]) -> float:
    """IoU of the best pair between two regions, each a list of boxes; 0 when either is empty."""
    return max((iou(a, b) for a in region for b in other), default=0.0)


def share_inside(box: Box, container: Box) -> float:
    """The part of ``box`` that lies in ``container``, in [0, 1]; a box with no area counts by its longer side."""
    wide = max(min(box.right, container.right) - max(box.left, container.left), 0.0)
    high = max(min(box.bottom, container.bottom) - max(box.top, container.top), 0.0)
    if box.area > 0:
        return wide * high / box.area
    return max(wide / box.width if box.width else 0.0, high / box.height if box.height else 0.0)


def interval_iou(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Intersection over union of two intervals on a line."""
    common = min(a[1], b[1]) - max(a[0], b[0])
    return max(common, 0.0) / max(max(a[1], b[1]) - min(a[0], b[0]), 1e-9)


# --------------------------------------------------------------------------- polygons


def corners(box: Box) -> Polygon:
    return ((box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom))


def bounds(points: Sequence[Point]) -> Box:
    """The box around ``points`` (at least one)."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return Box(min(xs), min(ys), max(xs), max(ys))


def rectangle(points: Sequence[Point], degrees: float, along: float = 0.0, across: float = 0.0) -> Polygon:
    """The rectangle that encloses ``points`` in a frame turned counter-clockwise by ``degrees`` (as text is).

    ``along`` and ``across`` move its ends outwards (px; inwards when negative, at most to the middle) in and square to
    the reading direction. Corners: start-top, end-top, end-bottom, start-bottom in reading direction.
    """
    turn = math.radians(degrees)
    u, v = (math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))  # reading direction; down the lines
    on_u = [x * u[0] + y * u[1] for x, y in points]
    on_v = [x * v[0] + y * v[1] for x, y in points]
    middle_u, half_u = (min(on_u) + max(on_u)) / 2, max((max(on_u) - min(on_u)) / 2 + along, 0.0)
    middle_v, half_v = (min(on_v) + max(on_v)) / 2, max((max(on_v) - min(on_v)) / 2 + across, 0.0)

    def at(a: float, b: float) -> Point:
        return (a * u[0] + b * v[0], a * u[1] + b * v[1])

    start, end, top, bottom = middle_u - half_u, middle_u + half_u, middle_v - half_v, middle_v + half_v
    return (at(start, top), at(end, top), at(end, bottom), at(start, bottom))


def area(polygon: Sequence[Point]) -> float:
    """Area by the shoelace formula, without sign."""
    pairs = zip(polygon, (*polygon[1:], *polygon[:1]))
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def clip(polygon: Sequence[Point], window: Sequence[Point]) -> Polygon:
    """The part of ``polygon`` inside the *convex* ``window`` (Sutherland and Hodgman 1974); () when they are apart."""
    orientation = 1.0 if _signed_area(window) > 0 else -1.0
    result = list(polygon)
    for (x1, y1), (x2, y2) in zip(window, (*window[1:], *window[:1])):

        def side(p: Point, x1=x1, y1=y1, x2=x2, y2=y2) -> float:
            return orientation * ((x2 - x1) * (p[1] - y1) - (y2 - y1) * (p[0] - x1))

        subject, result = result, []
        for a, b in zip(subject, (*subject[1:], *subject[:1])):
            da, db = side(a), side(b)
            if da >= 0:
                result.append(a)
            if (da >= 0) != (db >= 0):
                t = da / (da - db)
                result.append((a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])))
        if not result:
            return ()
    return tuple(result)


def overlap_area(a: Sequence[Point], convex: Sequence[Point]) -> float:
    """Area common to a polygon and a convex one, in square px."""
    one, other = upright(a), upright(convex)
    if one is None or other is None:
        return area(clip(a, convex))
    common = intersection(one, other)
    return 0.0 if common is None else common.area


def upright(polygon: Sequence[Point]) -> Box | None:
    """The box that a polygon is, when its corners go round one as those of :func:`corners` do."""
    if len(polygon) != 4:
        return None
    (left, top), (right, above), (beside, bottom), (below, under) = polygon
    if left == below and right == beside and top == above and bottom == under and left <= right and top <= bottom:
        return Box(left, top, right, bottom)
    return None


def contains(polygon: Sequence[Point], point: Point) -> bool:
    """Whether ``point`` lies inside (even-odd rule; any simple polygon)."""
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], *polygon[:1])):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) / (y2 - y1) * (x2 - x1):
            inside = not inside
    return inside


# --------------------------------------------------------------------------- polylines


def length(polyline: Sequence[Point]) -> float:
    return sum(math.dist(a, b) for a, b in zip(polyline, polyline[1:]))


def length_inside(polyline: Sequence[Point], convex: Sequence[Point]) -> float:
    """How much of a polyline runs inside a convex polygon, in px (Cyrus and Beck 1978, one segment at a time)."""
    orientation = 1.0 if _signed_area(convex) > 0 else -1.0
    edges = tuple(zip(convex, (*convex[1:], *convex[:1])))
    near = bounds(convex)
    total = 0.0
    for a, b in zip(polyline, polyline[1:]):
        if max(a[0], b[0]) < near.left or min(a[0], b[0]) > near.right:
            continue
        if max(a[1], b[1]) < near.top or min(a[1], b[1]) > near.bottom:
            continue
        enter, leave = 0.0, 1.0
        for (x1, y1), (x2, y2) in edges:
            da = orientation * ((x2 - x1) * (a[1] - y1) - (y2 - y1) * (a[0] - x1))
            db = orientation * ((x2 - x1) * (b[1] - y1) - (y2 - y1) * (b[0] - x1))
            if da < 0 and db < 0:
                enter, leave = 1.0, 0.0
                break
            if da < 0:
                enter = max(enter, da / (da - db))
            elif db < 0:
                leave = min(leave, da / (da - db))
        total += max(leave - enter, 0.0) * math.dist(a, b)
    return total


def _signed_area(polygon: Sequence[Point]) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], *polygon[:1]))) / 2
