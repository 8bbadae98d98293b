"""What of an element is ink: its lines and its filled areas, part by part, in px.

A box says where a thing is, not what of it is drawn: a circle without a filling, a set of contour lines and a violin
all have boxes that are mostly empty.
"""

from __future__ import annotations

import itertools

from verl_visual_sdpo.inspection.geometry import (
    Polygon,
    clip,
    corners,
    length_inside,
    overlap_area,
)
from verl_visual_sdpo.types import Box, Element


def parts(e: Element) -> list[Polygon]:
    """The outline of an element, part by part."""
    ends = (*e.breaks, len(e.outline))
    return [e.outline[start:end] for start, end in itertools.pairwise((0, *ends)) if end > start]


def is_stroked(e: Element) -> bool:
    """A line that is drawn as a line, not as marks alone."""
    return e.kind == "line" and e.style.get("line_width") != 0 and len(e.outline) > 1


def is_marked(e: Element) -> bool:
    """A cloud of marks, whatever call drew it."""
    return bool(e.outline) and (e.kind == "scatter" or (e.kind == "line" and not is_stroked(e)))


def is_hollow(e: Element) -> bool:
    """A shape of which only the edge is drawn: an unfilled patch, contour lines, ``vlines``."""
    return e.kind in {"patch", "bar", "collection"} and "face" in e.style and not e.style.get("face")


def has_shape(e: Element) -> bool:
    """Whether the outline is that of the shapes themselves; of many small ones only the centres are known."""
    if e.kind in {"line", "scatter"}:
        return bool(e.outline)
    if e.kind in {"bar", "patch"}:
        return _is_rectangle(e) or len(e.outline) > 1
    return e.kind == "collection" and not e.style.get("centres") and len(e.outline) > 1


def strokes(e: Element) -> list[Polygon]:
    """The polylines that are drawn as lines; [] for marks, for filled shapes and where the shape is not known."""
    if is_stroked(e):
        return parts(e)
    if not is_hollow(e) or not has_shape(e):
        return []
    if _is_rectangle(e):
        ring = corners(e.box)
        return [(*ring, ring[0])]
    return parts(e)


def areas(e: Element) -> list[Polygon]:
    """The polygons that are filled, cut to the element's clip; [] for lines and marks and where they are not known."""
    if e.kind not in {"bar", "patch", "collection"} or is_hollow(e) or not has_shape(e):
        return []
    found = [corners(e.box)] if _is_rectangle(e) else [part for part in parts(e) if len(part) > 2]
    if e.clip is None:
        return found
    window = corners(e.clip)
    return [shown for part in found if (shown := clip(part, window))]


def run_inside(e: Element, window: Polygon) -> float:
    """px of an element's lines inside a convex window."""
    return sum(length_inside(line, window) for line in strokes(e))


def area_inside(e: Element, window: Polygon) -> float:
    """Square px of an element's filled areas inside a convex window."""
    return sum(overlap_area(part, window) for part in areas(e))


def seen_box(e: Element) -> Box:
    """The box of an element as far as its clip shows it."""
    if e.clip is None:
        return e.box
    left, right = max(e.box.left, e.clip.left), min(e.box.right, e.clip.right)
    top, bottom = max(e.box.top, e.clip.top), min(e.box.bottom, e.clip.bottom)
    return Box(min(left, right), min(top, bottom), max(left, right), max(top, bottom))


def _is_rectangle(e: Element) -> bool:
    """A bar or a rectangle: its box is its shape. (The outline of a turned one is given.)"""
    return not e.outline and (e.kind == "bar" or e.style.get("shape") == "Rectangle")
