"""How good a deck looks: AeSlides' four terms for slides drawn by python-pptx, on shape geometry and on the picture.

A slide has no reference that it should be like, so these terms are of the slide alone. All are in [0, 1], 1 is best,
and a deck's is the mean over its slides; ``low`` is the mean of the four (see ``slide_formulas``):

    slide/aspect      the ratio of all that is drawn, what sticks out of the slide included, against the one asked for
    slide/whitespace  the share of the slide where the picture varies *and* a piece of content is near: noise behind a
                      slide is no content, nor is text that nobody sees
    slide/collision   the area of content on other content: painted lines of text, pictures, charts, tables, boxes
    slide/imbalance   how far the centre of the content lies from the middle, of the boxes and of the picture's filled
                      part, the mean of both

What paints nothing weighs nothing. A picture or shape over nearly the whole slide is its ground.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np
from PIL import Image

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.detect.detector import SLIDE_TEXTS, is_finite, opacity, text_lines
from verl_visual_sdpo.inspection.detect.slides import (
    CONTENT_FRAMES,
    is_ground,
    is_painted,
    was_seen,
)
from verl_visual_sdpo.inspection.fidelity import slide_formulas as formulas
from verl_visual_sdpo.inspection.geometry import bounds, grow, intersection, union
from verl_visual_sdpo.types import Box, Element, Scene

TERMS = ("slide/aspect", "slide/whitespace", "slide/collision", "slide/imbalance")
OWN_TERMS = ()
RATIO = "ratio"
"""Task option: width / height of the slides asked for (16 / 9 where it is not given, as in AeSlides)."""

ICON = 0.006  # part of the slide below which a picture is an icon: half weight, as in AeSlides
FARTHEST = 4.0  # slides: what lies farther out does not stretch the picture any more
WIDTH = 1280  # px


def look(scenes: Sequence[Scene], options: Mapping[str, Any] | None = None) -> dict[str, float]:
    """The four terms and ``low`` of a deck. Raises InvalidInputError for a ratio that is none."""
    target = ratio_of(options or {})
    if not scenes:
        return dict.fromkeys((*TERMS, "low"), 0.0)
    slides = [_slide(scene, target) for scene in scenes]
    terms = {term: fmean(one[place] for one in slides) for place, term in enumerate(TERMS)}
    return {**terms, "low": fmean(terms.values())}


def ratio_of(options: Mapping[str, Any]) -> float:
    """The ratio that a task's options ask for. Raises InvalidInputError for one outside 0.2 to 5."""
    ratio = options.get(RATIO, formulas.WIDE)
    if isinstance(ratio, bool) or not isinstance(ratio, (int, float)) or not 0.2 <= ratio <= 5.0:
        raise InvalidInputError(f"ratio={ratio!r} must be the width over the height of a slide, from 0.2 to 5")
    return float(ratio)


def _slide(scene: Scene, target: float) -> tuple[float, float, float, float]:
    content = list(_content(scene))
    filled = formulas.content_map(_gray(scene.image)) if scene.image else None
    whole = whitespace(scene, content, filled), collision(scene, content), imbalance(scene, content, filled)
    return aspect(scene, target), *whole


def aspect(scene: Scene, target: float = formulas.WIDE) -> float:
    """A slide is as large as what is drawn: text below its lower edge makes it higher, as it makes a page."""
    reach = grow(scene.canvas, FARTHEST * max(scene.size))
    drawn = [intersection(box, reach) for _, box in _boxes(scene)]
    whole = union([scene.canvas, *filter(None, drawn)])
    return formulas.aspect_score(whole.width / whole.height, target)


def whitespace(scene: Scene, content: Sequence[tuple[Element, Box]], filled: np.ndarray | None) -> float:
    """Worth of the share with content. ``filled``: where the picture holds some, bool, (height, width) of one 1280 px
    wide; from geometry alone where there is no picture (None)."""
    scale = WIDTH / scene.size[0]
    boxes = [Box(*(scale * side for side in (b.left, b.top, b.right, b.bottom))) for _, b in content]
    near = formulas.near_map(boxes, (WIDTH, round(scale * scene.size[1])))
    share = near if filled is None else near & filled
    return formulas.whitespace_score(float(formulas.cropped(share).mean()))


def collision(scene: Scene, content: Sequence[tuple[Element, Box]]) -> float:
    """Text is measured where it was painted. What holds something does not collide with it, nor do the paragraphs of
    one frame with each other."""
    by_id = {e.id: e for e in scene.elements}
    elements = [e for e, _ in content]
    pairs = itertools.combinations(range(len(elements)), 2)
    related = [(i, j) for i, j in pairs if _related(elements[i], elements[j], by_id)]
    return formulas.collision_score(formulas.collided_share([box for _, box in content], related))


def imbalance(scene: Scene, content: Sequence[tuple[Element, Box]], filled: np.ndarray | None) -> float:
    """Mean worth of the boxes' balance and the picture's (see ``whitespace``); 0 for a slide without content."""
    size = (float(scene.size[0]), float(scene.size[1]))
    of_boxes = formulas.centroid([(box, _weight(e, box, scene)) for e, box in content])
    if of_boxes is None:
        return 0.0
    found = [formulas.imbalance_score(formulas.imbalance(of_boxes, size))]
    if filled is not None:
        if not filled.any():
            return 0.0
        rows, columns = filled.sum(axis=1), filled.sum(axis=0)
        x, y = (float(np.average(np.arange(len(w)) + 0.5, weights=w)) for w in (columns, rows))
        found.append(formulas.imbalance_score(formulas.imbalance((x, y), (filled.shape[1], filled.shape[0]))))
    return fmean(found)


# --------------------------------------------------------------------------- what counts


def _content(scene: Scene) -> Iterator[tuple[Element, Box]]:
    """What a reader looks at, with the part of its box inside the slide; text line by line would tell no more."""
    for e, box in _boxes(scene):
        inside = intersection(box, scene.canvas)
        if inside is not None and e.kind != "footer" and not is_ground(e, scene):
            yield e, inside


def _boxes(scene: Scene) -> Iterator[tuple[Element, Box]]:
    """Texts as far as they were painted, and frames that are content or paint something."""
    held = {e.parent for e in scene.elements if e.kind in SLIDE_TEXTS}
    for e in scene.elements:
        if not is_finite(e) or opacity(e) <= 0:
            continue
        if e.kind in SLIDE_TEXTS and e.kind not in {"chart-text", "cell-text"} and was_seen(e):
            yield e, bounds([point for line in text_lines(e) for point in line])
        elif e.kind in CONTENT_FRAMES or (e.kind == "shape" and is_painted(e) and (e.id in held or _large(e, scene))):
            yield e, e.box


def _large(e: Element, scene: Scene) -> bool:
    """Rules, bullets and ornaments are no content of their own."""
    return e.box.area >= ICON * scene.canvas.area and min(e.box.width, e.box.height) >= 0.03 * scene.size[1]


def _weight(e: Element, box: Box, scene: Scene) -> float:
    return 0.5 if e.kind == "picture" and box.area < ICON * scene.canvas.area else 1.0


def _related(a: Element, b: Element, by_id: Mapping[int, Element]) -> bool:
    if a.parent is not None and a.parent == b.parent and a.parent in by_id:
        return by_id[a.parent].kind != "group"
    return b.id in _above(a, by_id) or a.id in _above(b, by_id)


def _above(e: Element, by_id: Mapping[int, Element]) -> set[int]:
    found: set[int] = set()
    while e.parent in by_id and e.parent not in found:
        found.add(e.parent)
        e = by_id[e.parent]
    return found


def _gray(png: bytes) -> np.ndarray:
    """The picture in grey, as wide as AeSlides' pages: their windows are in px."""
    picture = Image.open(io.BytesIO(png)).convert("L")  # ITU-R BT.601, as OpenCV
    if picture.width != WIDTH:
        picture = picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.BILINEAR)
    return np.asarray(picture)


__all__ = ["OWN_TERMS", "TERMS", "aspect", "collision", "imbalance", "look", "ratio_of", "whitespace"]
