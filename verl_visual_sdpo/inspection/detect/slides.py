"""What the detectors of slides share: which elements are content, what paints, which frame a text stands in, whose
doing an overlap is.

See ``inspection/render/slide`` for the kinds and styles of a slide's elements. Frames have the box that the deck
declares; texts are where they were painted.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from verl_visual_sdpo.inspection.detect.detector import SLIDE_TEXTS, font_px, is_finite, opacity, text_lines
from verl_visual_sdpo.inspection.geometry import bounds, intersection, interval_iou, share_inside, union
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


def frame_of(e: Element, scene: Scene) -> Element:
    """What stands somewhere on its own: the frame of a text, the table of a cell, the chart of its words."""
    by_id = {one.id: one for one in scene.elements}
    while (e.kind in SLIDE_TEXTS or e.kind == "table-cell") and e.parent in by_id:
        e = by_id[e.parent]
    return e


def texts_of(frame: Element, scene: Scene) -> list[Element]:
    """The painted paragraphs of a frame, as they follow each other."""
    return [e for e in scene.elements if e.kind in SLIDE_TEXTS and e.parent == frame.id and was_seen(e)]


def cards(scene: Scene) -> list[Element]:
    """Filled frames with words in them, rectangles that is: arrows and chevrons are made to reach into each other."""
    holders = {e.parent for e in scene.elements if e.kind in SLIDE_TEXTS and was_seen(e)}
    frames = [e for e in scene.elements if e.kind in {"shape", "text-box", "placeholder"} and e.id in holders]
    frames = [e for e in frames if e.kind != "shape" or "rect" in str(e.style.get("geometry") or "rect").lower()]
    return [e for e in frames if is_finite(e) and is_filled(e) and not is_ground(e, scene)]


def declared(e: Element) -> Box:
    """A frame before it was turned."""
    sides = [e.style.get(f"declared_{side}") for side in ("left", "top", "right", "bottom")]
    return e.box if any(side is None for side in sides) else Box(*map(float, sides))


def text_extent(e: Element) -> Box | None:
    """Around the lines of a frame's text, ascender to descender, in the axes of the frame before it was turned; None
    without painted text."""
    sides = [e.style.get(f"text_{side}") for side in ("left", "top", "right", "bottom")]
    return None if any(side is None for side in sides) else Box(*map(float, sides))


def extent(e: Element) -> Box:
    """Where something is painted: a text by its lines."""
    return bounds([point for line in text_lines(e) for point in line]) if e.kind in SLIDE_TEXTS else e.box


def axis(box: Box, canvas: Box) -> str:
    """Along which axis a box is nearest to an edge of the slide, or farthest over it: ``left`` or ``top``."""
    sideways = min(box.left - canvas.left, canvas.right - box.right)
    return "left" if sideways <= min(box.top - canvas.top, canvas.bottom - box.bottom) else "top"


def overflow(frame: Element, scene: Scene) -> tuple[float, str]:
    """How far a frame's text was painted over its edge, in font sizes, and at which side; (0, "") where it was not."""
    shown, box = text_extent(frame), declared(frame)
    inside = texts_of(frame, scene)
    if shown is None or not inside:
        return 0.0, ""
    if not frame.style.get("rotation"):
        shown = union([shown, *map(extent, inside)])
    out = {
        "bottom": shown.bottom - box.bottom,
        "top": box.top - shown.top,
        "right": shown.right - box.right,
        "left": box.left - shown.left,
    }
    side = max(out, key=out.get)
    return (out[side] / median(map(font_px, inside)), side) if out[side] > 0 else (0.0, "")


# --------------------------------------------------------------------------- whose doing it is

MOVED = ("position", "size", "rotation", "layout")


def moved(side: str) -> tuple[str, ...]:
    """What may have been written wrong on something that stands wrong along one axis (``left`` or ``top``)."""
    return (side, *MOVED)


BOX = ("size", "layout", "position", "text")
FONT = ("size", "font", "text", "layout")
WORDS = ("text", "size", "font", "layout")
MANY = 7  # paragraphs that are too many for the body of a slide
LARGE = 1.35  # a font this many times that of the other texts of its kind was made large
LONG = 2.5  # the same for the number of characters
LEVEL = 2.5  # px within which edges are in line
WITHIN = 0.8  # part of the smaller one's side from which it lies within the other's
WHOLE = 0.95  # part of a frame that lies on the slide where it was meant to
HEADING, TOP = 1.2, 0.2  # font of a heading over that of the rest; part of the slide's height where headings stand


def at_fault(scene: Scene, a: Element, b: Element) -> tuple[Element, tuple[str, ...]]:
    """The element that makes ``a`` and ``b`` lie on each other, and what may have been written wrong on it.

    A text that has grown out of its frame into the other; else, of two frames, one that leaves the slide or is a
    heading far from the top; else the one less in line with the rest of the slide (the later one of two equals), for
    things are put in line and moved out of it. It was moved along the axis on which the two are less alike: what
    stands side by side shares its height.
    """
    one, other = frame_of(a, scene), frame_of(b, scene)
    if one.id == other.id:
        return a, ("layout", "size", "font", "position", "text")
    for e, frame, rival in ((a, one, b), (b, other, a)):
        if e.kind in SLIDE_TEXTS and frame.id != e.id and _reached(e, rival, frame):
            return why_too_small(frame, scene)
    first = min((one, other), key=lambda f: (f.kind == "placeholder", not _strays(f, scene), in_line(f, scene), -f.id))
    return first, moved(_moved_along(one.box, other.box))


def _moved_along(a: Box, b: Box) -> str:
    """``left`` or ``top``: along which axis two boxes only reach into each other; where each lies within the other's
    width and height, along which they are less alike."""
    sides = [((a.left, a.right), (b.left, b.right)), ((a.top, a.bottom), (b.top, b.bottom))]
    shared = [min(m[1], n[1]) - max(m[0], n[0]) for m, n in sides]
    across, down = (s / max(min(m[1] - m[0], n[1] - n[0]), 1.0) for s, (m, n) in zip(shared, sides))
    if min(across, down) >= WITHIN * max(across, down):
        across, down = (interval_iou(m, n) for m, n in sides)
    return "left" if across < down else "top"


def _strays(frame: Element, scene: Scene) -> bool:
    """Whether a frame leaves the slide, or holds the slide's heading (its first and largest words) far from the top."""
    if share_inside(declared(frame), scene.canvas) < WHOLE:
        return True
    words = [e for e in scene.elements if e.kind in SLIDE_TEXTS and e.kind != "footer" and was_seen(e)]
    mine = [e for e in words if e.parent == frame.id]
    others = [e for e in words if e.parent != frame.id]
    if not mine or not others or min(e.id for e in mine) > min(e.id for e in others):
        return False
    heading = min(map(font_px, mine)) > HEADING * max(map(font_px, others))
    return heading and frame.box.top > TOP * scene.canvas.height


def why_too_small(frame: Element, scene: Scene) -> tuple[Element, tuple[str, ...]]:
    """A text does not fit: its font is large beside others of its kind, or it is long beside others, or the frame is
    too small."""
    inside = texts_of(frame, scene)
    if not inside:
        return frame, BOX
    worst = max(inside, key=lambda e: (font_px(e), len(e.text), -e.id))
    others = [e for e in scene.elements if e.kind == worst.kind and e.parent != frame.id and was_seen(e)]
    usual = median(map(font_px, others)) if others else USUAL_PT.get(worst.kind, 20.0) * point_px(scene)
    if font_px(worst) > LARGE * usual:
        return worst, FONT
    longest = max(inside, key=lambda e: (len(e.text), -e.id))
    lengths = [len(e.text) for e in others]
    if len(longest.text) > LONG * (median(lengths) if lengths else USUAL_CHARS):
        return longest, WORDS
    if len(inside) >= MANY or (frame.kind == "placeholder" and len(inside) > 1):
        return inside[-1], WORDS  # the box is as it should be, the points are too many
    return frame, BOX


USUAL_PT = {"title": 44.0, "subtitle": 30.0, "body": 30.0, "text": 20.0}  # where a slide has no other of its kind
USUAL_CHARS = 60


def in_line(frame: Element, scene: Scene) -> int:
    """How many edges and middles of a frame are in line with those of another one or with the middle of the slide."""
    others = [e for e in scene.elements if e.parent == frame.parent and e.id != frame.id and _stands(e)]
    edges = [_edges(e.box) for e in others] + [_edges(scene.canvas)]
    return sum(any(abs(mine - edge[n]) <= LEVEL for edge in edges) for n, mine in enumerate(_edges(frame.box)))


def _stands(e: Element) -> bool:
    return e.kind in TEXT_FRAMES | CONTENT_FRAMES and is_finite(e)


def _edges(box: Box) -> Sequence[float]:
    return (box.left, box.center[0], box.right, box.top, box.center[1], box.bottom)


def _reached(e: Element, rival: Element, frame: Element) -> bool:
    """Whether a text lies on its rival outside of its own frame."""
    common = intersection(extent(e), extent(rival))
    inside = intersection(common, frame.box) if common else None
    return common is not None and (inside is None or inside.area < 0.5 * common.area)
