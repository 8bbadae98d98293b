"""What the detectors of slides share: which elements are content, what paints, which frame a text stands in.

See ``inspection/render/slide`` for the kinds and styles of a slide's elements. Frames have the box that the deck
declares; texts are where they were painted.
"""

from __future__ import annotations

from verl_visual_sdpo.inspection.detect.detector import is_finite, opacity
from verl_visual_sdpo.inspection.geometry import intersection
from verl_visual_sdpo.types import Box, Element, Scene

CONTENT_FRAMES = frozenset({"picture", "chart", "table", "object"})
"""Frames that are content themselves; a shape is what it holds, or an ornament."""
TEXT_FRAMES = frozenset({"placeholder", "text-box", "shape", "table-cell"})
STANDING = frozenset({"date", "footer", "slide-number"})
"""Placeholders that repeat on every slide."""
FADED = 0.15  # a filling of less opacity can hardly be seen
GROUND = 0.85  # part of a slide from which a picture or shape is what the slide is drawn on
POINTS_WIDE = 960.0  # of a slide of 13.333 inches


def is_deck(scene: Scene) -> bool:
    """Whether a scene is a slide: its first element is the slide itself, with its ratio."""
    return bool(scene.elements) and scene.elements[0].kind == "figure" and "ratio" in scene.elements[0].style


def is_painted(e: Element) -> bool:
    """Whether a frame fills its box or draws its edge."""
    return is_filled(e) or (bool(e.style.get("edge")) and float(e.style.get("line_width") or 0.0) > 0)


def is_filled(e: Element) -> bool:
    filled = e.style.get("fill") in {"gradient", "picture", "pattern"} or bool(e.style.get("face"))
    return filled and opacity(e) >= FADED


def is_ground(e: Element, scene: Scene) -> bool:
    """A picture or shape over nearly the whole slide."""
    if e.kind not in {"picture", "shape"} or not is_finite(e):
        return False
    inside = intersection(e.box, scene.canvas)
    return inside is not None and inside.area >= GROUND * scene.canvas.area


def was_seen(e: Element) -> bool:
    """Whether a text was found in what was painted."""
    return e.style.get("seen") is not False


def point_px(scene: Scene) -> float:
    """px of one typographic point on a slide shown at the usual width of 13.333 inches."""
    return scene.size[0] / POINTS_WIDE


def frame_of(e: Element, by_id: dict[int, Element]) -> Element | None:
    return by_id.get(e.parent) if e.parent is not None else None


def declared(e: Element) -> Box:
    """A frame before it was turned."""
    sides = [e.style.get(f"declared_{side}") for side in ("left", "top", "right", "bottom")]
    return e.box if any(side is None for side in sides) else Box(*map(float, sides))


def text_extent(e: Element) -> Box | None:
    """Around the lines of a frame's text, ascender to descender, in the axes of the frame before it was turned; None
    without painted text."""
    sides = [e.style.get(f"text_{side}") for side in ("left", "top", "right", "bottom")]
    return None if any(side is None for side in sides) else Box(*map(float, sides))
