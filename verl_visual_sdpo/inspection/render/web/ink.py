"""Which texts of a page cannot be read in its picture: CSS knows endless ways to keep a text and show nothing of it.

A text has ink where its part of the picture holds pixels that go from the ground's colour some way towards the text's,
all along its lines, and nothing opaque was painted over it. Clipped, masked, blurred, turned or scaled to nothing,
under a sheet, below its own ground or in its colour, it has none, or no more than a letter here and there; nor is one
of a heap of texts in one place to be read, nor what is garbled.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image

from verl_visual_sdpo.inspection.detect.contrast import rgb, way_gone
from verl_visual_sdpo.inspection.detect.detector import PAGE_TEXTS, text_lines
from verl_visual_sdpo.inspection.detect.pages import Tree, order, painted_first
from verl_visual_sdpo.inspection.geometry import bounds, grow, intersection, union
from verl_visual_sdpo.inspection.render.web.garbled import is_garbled
from verl_visual_sdpo.inspection.render.web.scene import Seen
from verl_visual_sdpo.inspection.render.web.snapshot import Node
from verl_visual_sdpo.types import Box, Element, Scene

TEXTS = PAGE_TEXTS - {"marker"}
MOST = 3000  # texts that are looked at; further ones are taken at their word
RANGE = 24.0  # distance in RGB between a text and its ground below which nobody reads it
WAY = 0.25  # part of the way from the ground's colour to the text's that ink goes: thin letters do not go further
INK = 0.01  # part of a text's pixels that are ink, or ...
LETTER = 0.1  # ... this many square font sizes of it
FILL = 0.04  # square font sizes of ink for each of a text's letters; on real pages 0.07 at least, 0.16 in the middle
SPREAD = 0.18  # font sizes along its line with any ink, for each of its letters; on real pages 0.34 and 0.49
LOWEST = 3.0  # px of a line, each way; less cannot be read
FAT = 0.95  # quantile of the distances from the letters' colour at which the ground of fat letters is found
COVERED = 0.9  # part of a text under something opaque
OPAQUE = 0.97
ROUNDED = 1.0 - math.sqrt(0.5)  # of a corner's radius: what a box is smaller by, each side, to lie inside its corners
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
    pixels, altered = np.asarray(picture.convert("RGB")), _OnOrAround(_is_altered)
    boxes = np.array([_sides(union(shown)) for shown in lines])
    hidden = _covered(texts, boxes, seen) | _heaped(boxes)
    return frozenset(
        s.element.id
        for s, shown, gone in zip(texts, lines, hidden)
        if gone or is_garbled(s) or not _has_ink(s.element, shown, pixels, altered(s.node))
    )


def _lines(e: Element, canvas: Box) -> list[Box]:
    """What of a text's lines is in the picture and in its clip."""
    window = canvas if e.clip is None else intersection(canvas, e.clip)
    whole = map(bounds, text_lines(e))
    return [box for line in whole if window is not None and (box := intersection(line, window))]


def _sides(box: Box) -> tuple[float, float, float, float]:
    return box.left, box.top, box.right, box.bottom


# --------------------------------------------------------------------------- what lies over it


def _covered(texts: Sequence[Seen], boxes: np.ndarray, seen: Sequence[Seen]) -> np.ndarray:
    """Whether each text lies under something opaque that was painted later (its own ancestor, too: a negative z-index
    puts a text below it)."""
    tree = Tree(Scene((0, 0), tuple(s.element for s in seen)))
    holes = _OnOrAround(_has_holes)
    sheets = [(s.element, box) for s in seen if (box := _sheet(s.element)) is not None and not holes(s.node)]
    sides = np.array([_sides(box) for _, box in sheets]).reshape(-1, 4)
    result = np.zeros(len(texts), bool)
    for place, s in enumerate(texts):
        over = (sheets[i][0] for i in np.flatnonzero(_shares(boxes[place], sides) >= COVERED))
        result[place] = any(order(e) > order(s.element) and not painted_first(tree, e, s.element) for e in over)
    return result


def _sheet(e: Element) -> Box | None:
    """The part of a box that is opaque throughout, None where none is known to be: what is turned may lie anywhere in
    its box. Pictures are opaque, but not drawings (svg, canvas): those are mostly holes."""
    if e.kind in PAGE_TEXTS or e.kind == "page" or float(e.style["alpha"]) < OPAQUE or e.style.get("turned"):
        return None
    full = bool(e.style.get("background")) and float(e.style.get("background_alpha") or 0.0) >= OPAQUE
    if not (e.style["tag"] == "img" and not e.style.get("broken") if e.kind == "image" else full):
        return None
    radius = min(float(e.style["radius"]), e.box.width / 2, e.box.height / 2)
    whole = grow(e.box, -ROUNDED * radius)
    return whole if e.clip is None else intersection(whole, e.clip)


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
    cuts = [cut for box in lines if (cut := _cut(box, pixels)).size]
    if not cuts:
        return False
    inside = np.concatenate([cut.reshape(-1, 3) for cut in cuts]).astype(np.float32)
    color, letters, ground = e.style.get("color") or "", sum(map(str.isalnum, e.text)), np.median(inside, axis=0)
    if not color or altered or not letters:  # in which colour it is painted is not known
        ink = np.abs(inside - ground).max(axis=1) >= RANGE / 2
        return bool(np.ptp(inside, axis=0).max() >= RANGE) and _is_spread(e, letters, ink, cuts)
    goal = rgb(color)
    if np.linalg.norm(goal - ground) < RANGE:  # fat letters fill more than half of their lines
        apart = np.linalg.norm(inside - goal, axis=1)
        ground = inside[np.argsort(apart)[int(FAT * (len(apart) - 1))]]
    if np.linalg.norm(goal - ground) < RANGE:
        return False
    ink = way_gone(inside, ground, goal) >= WAY
    enough = min(INK * len(inside), LETTER * float(e.style["font_size"]) ** 2)
    return int(ink.sum()) >= enough and _is_spread(e, letters, ink, cuts)


def _is_spread(e: Element, letters: int, ink: np.ndarray, cuts: Sequence[np.ndarray]) -> bool:
    """Whether there is ink all along a text's lines, and not in a place or in stripes of them. ``ink`` says of each
    pixel of the lines' ``cuts``, one behind the other, whether it is some. Of a text of which a part is clipped away
    that part of its letters is looked for."""
    if not e.outline:  # a field: where its lines are is not known
        return True
    ends = np.cumsum([cut.shape[0] * cut.shape[1] for cut in cuts])[:-1]
    found = [part.reshape(cut.shape[:2]) for part, cut in zip(np.split(ink, ends), cuts)]
    whole = [bounds(e.outline[i : i + 4]) for i in range(0, len(e.outline), 4)]
    there = sum(max(line.shape) for line in found) / max(sum(max(box.width, box.height) for box in whole), 1.0)
    along = sum(int(line.any(axis=int(line.shape[0] > line.shape[1])).sum()) for line in found)
    looked_for, size = letters * min(there, 1.0), float(e.style["font_size"])
    return along >= SPREAD * looked_for * size and int(ink.sum()) >= FILL * looked_for * size**2


def _cut(box: Box, pixels: np.ndarray) -> np.ndarray:
    return pixels[int(box.top) : int(np.ceil(box.bottom)), int(box.left) : int(np.ceil(box.right))]


class _OnOrAround:
    """Whether something is true of a node or of one that it stands in."""

    def __init__(self, test: Callable[[Node], bool]) -> None:
        self._test, self._known = test, {}

    def __call__(self, node: Node) -> bool:
        way: list[int] = []
        here: Node | None = node
        while here is not None and here.number not in self._known and not self._test(here):
            way.append(here.number)
            here = here.parent
        found = here is not None and self._known.setdefault(here.number, True)
        self._known.update(dict.fromkeys(way, found))
        return found


def _is_altered(node: Node) -> bool:
    """Whether colours are changed after they were painted: by a filter (blur changes none) or a blend mode."""
    if node.layout is None:
        return False
    styles = node.layout.styles
    filters = [part.strip() for part in styles.get("filter", "none").split(")")]
    changed = any(part not in {"", "none"} and not part.startswith("blur") for part in filters)
    return changed or styles.get("mix-blend-mode", "normal") != "normal"


def _has_holes(node: Node) -> bool:
    """Whether boxes may be seen through, or in part, whatever they are filled with."""
    return _is_altered(node) or (node.layout is not None and node.layout.styles.get("clip-path", "none") != "none")
