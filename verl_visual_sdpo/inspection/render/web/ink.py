"""Which texts of a page cannot be read in its picture: CSS knows endless ways to keep a text and show nothing of it.

A text has ink where its part of the picture holds pixels that go from the ground's colour some way towards the text's,
and nothing opaque was painted over it. Clipped, masked, blurred, turned or scaled to nothing, under a sheet, below its
own ground or in its colour, it has none; nor is one of a heap of texts in one place to be read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from verl_visual_sdpo.inspection.geometry import bounds, intersection
from verl_visual_sdpo.inspection.render.web.scene import Seen
from verl_visual_sdpo.inspection.render.web.snapshot import Node
from verl_visual_sdpo.types import Box, Element

TEXTS = frozenset({"text", "heading", "link-text", "button-text", "input-text"})
MOST = 3000  # texts that are looked at; further ones are taken at their word
RANGE = 24.0  # distance in RGB between a text and its ground below which nobody reads it
WAY = 0.25  # part of the way from the ground's colour to the text's that ink goes: thin letters do not go further
INK = 0.01  # part of a text's pixels that are ink, or ...
LETTER = 0.1  # ... this many square font sizes of it
LOWEST = 3.0  # px of a line, each way; less cannot be read
COVERED = 0.9  # part of a text under something opaque
OPAQUE = 0.97
HEAP, SHARED = 3, 0.5  # other texts that each lie on this part of one


def unreadable(seen: Sequence[Seen], picture: Image.Image) -> frozenset[int]:
    """The ids of the texts that are in the picture by their place (and their clips), and cannot be read there."""
    canvas = Box(0.0, 0.0, float(picture.size[0]), float(picture.size[1]))
    texts, lines = [], []
    for s in seen:
        if s.element.kind in TEXTS and len(texts) < MOST and (shown := _lines(s.element, canvas)):
            texts.append(s)
            lines.append(shown)
    if not texts:
        return frozenset()
    pixels, altered = np.asarray(picture.convert("RGB")), _Altered()
    boxes = np.array([_sides(bounds([p for box in shown for p in _ends(box)])) for shown in lines])
    hidden = _covered(texts, boxes, seen) | _heaped(boxes)
    return frozenset(
        s.element.id
        for s, shown, gone in zip(texts, lines, hidden)
        if gone or not _has_ink(s.element, shown, pixels, altered(s.node))
    )


def _lines(e: Element, canvas: Box) -> list[Box]:
    """What of a text's lines is in the picture and in its clip."""
    window = canvas if e.clip is None else intersection(canvas, e.clip)
    whole = [bounds(e.outline[i : i + 4]) for i in range(0, len(e.outline), 4)] or [e.box]
    return [box for line in whole if window is not None and (box := intersection(line, window))]


def _ends(box: Box) -> tuple[tuple[float, float], tuple[float, float]]:
    return (box.left, box.top), (box.right, box.bottom)


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


# --------------------------------------------------------------------------- what lies over it


def _covered(texts: Sequence[Seen], boxes: np.ndarray, seen: Sequence[Seen]) -> np.ndarray:
    """Whether each text lies under something opaque that was painted later (its own ancestor, too: a negative z-index
    puts a text below it)."""
    sheets = [s.element for s in seen if _is_sheet(s)]
    shown = [e.box if e.clip is None else intersection(e.box, e.clip) for e in sheets]
    sides = np.array([_sides(box) if box else (0.0,) * 4 for box in shown]).reshape(-1, 4)
    result = np.zeros(len(texts), bool)
    for place, s in enumerate(texts):
        over = np.flatnonzero(_shares(boxes[place], sides) >= COVERED)
        result[place] = any(_order(sheets[i]) > _order(s.element) for i in over)
    return result


def _is_sheet(s: Seen) -> bool:
    """Whether all of a box is opaque. Pictures are, but not drawings (svg, canvas): those are mostly holes."""
    e = s.element
    if e.kind in TEXTS or e.kind in {"page", "marker"} or float(e.style["alpha"]) < OPAQUE or _altered(s.node):
        return False
    if e.kind == "image":
        return e.style["tag"] == "img" and not e.style.get("broken")
    return bool(e.style.get("background")) and float(e.style.get("background_alpha") or 0.0) >= OPAQUE


def _order(e: Element) -> tuple[float, int]:
    return float(e.style["zorder"]), e.id


def _heaped(boxes: np.ndarray) -> np.ndarray:
    return np.array([int((_shares(box, boxes) >= SHARED).sum()) - 1 for box in boxes]) >= HEAP


def _shares(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The part of a box that each of the others covers."""
    width = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    height = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    area = max((box[2] - box[0]) * (box[3] - box[1]), 1e-9)
    return np.maximum(width, 0.0) * np.maximum(height, 0.0) / area


# --------------------------------------------------------------------------- what is in the picture


def _has_ink(e: Element, lines: Sequence[Box], pixels: np.ndarray, altered: bool) -> bool:
    if max(box.height for box in lines) < LOWEST or max(box.width for box in lines) < LOWEST:
        return False
    found = [cut.reshape(-1, 3) for box in lines if (cut := _cut(box, pixels)).size]
    if not found:
        return False
    inside = np.concatenate(found).astype(np.float32)
    color = e.style.get("color") or ""
    if not color or altered or not any(letter.isalnum() for letter in e.text):
        return bool(np.ptp(inside, axis=0).max() >= RANGE)  # in which colour it is painted is not known
    goal = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.float32)
    ground = np.median(inside, axis=0)
    if np.linalg.norm(goal - ground) < RANGE:  # fat letters fill more than half of their lines
        apart = np.linalg.norm(inside - goal, axis=1)
        ground = inside[np.argsort(apart)[int(0.95 * (len(apart) - 1))]]
    way = goal - ground
    length = float(np.linalg.norm(way))
    if length < RANGE:
        return False
    gone = (inside - ground) @ way / length**2
    return int((gone >= WAY).sum()) >= min(INK * len(inside), LETTER * float(e.style["font_size"]) ** 2)


def _cut(box: Box, pixels: np.ndarray) -> np.ndarray:
    return pixels[int(box.top) : int(np.ceil(box.bottom)), int(box.left) : int(np.ceil(box.right))]


class _Altered:
    """Whether a node's colours are changed after it was painted, by a filter (blur changes none) or a blend mode on it
    or around it."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}

    def __call__(self, node: Node) -> bool:
        way: list[int] = []
        here: Node | None = node
        while here is not None and here.number not in self._known and not _altered(here):
            way.append(here.number)
            here = here.parent
        found = here is not None and self._known.setdefault(here.number, True)
        self._known.update(dict.fromkeys(way, found))
        return found


def _altered(node: Node) -> bool:
    if node.layout is None:
        return False
    styles = node.layout.styles
    filters = [part.strip() for part in styles.get("filter", "none").split(")")]
    changed = any(part not in {"", "none"} and not part.startswith("blur") for part in filters)
    return changed or styles.get("mix-blend-mode", "normal") != "normal"
