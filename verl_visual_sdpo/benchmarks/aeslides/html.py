"""AeSlides' terms for a slide that is an HTML page 1280 px wide, from the scene of one page load.

aspect      of the whole page, as high as it scrolls
whitespace  of its picture
collision   our own rule (theirs is not public): texts, pictures, fields on each other that do not hold each other
imbalance   theirs says yes or no: 1 for a page whose boxes' centre lies within the limits, else 0; texts weigh by
            their lines, icons by half
"""

from __future__ import annotations

from statistics import fmean

import numpy as np

from verl_visual_sdpo.inspection.detect.detector import TEXT_KINDS, decode, is_finite, text_lines, texts
from verl_visual_sdpo.inspection.detect.pages import CONTENT_KINDS, Tree, seen
from verl_visual_sdpo.inspection.fidelity import slide_formulas as formulas
from verl_visual_sdpo.inspection.geometry import bounds
from verl_visual_sdpo.types import Box, Element, Scene

TERMS = ("aspect", "whitespace", "collision", "imbalance")
OPTIONS = {"viewport_width": 1280, "viewport_height": 720, "full_page": True}
"""How such a page is shown."""
ICON = 64.0  # px: a picture with both sides below this is an icon


def score(scene: Scene) -> dict[str, float]:
    """The four terms in [0, 1] and their mean ``average``."""
    boxes = _boxes(scene)
    gray = decode(scene.image).astype(float) @ np.array([0.299, 0.587, 0.114])
    share = float(formulas.cropped(formulas.content_map(gray)).mean())
    terms = {
        "aspect": formulas.aspect_score(scene.size[0] / scene.size[1]),
        "whitespace": formulas.whitespace_score(share),
        "collision": formulas.collision_score(_collided(scene, boxes)),
        "imbalance": float(is_balanced(boxes, scene)),
    }
    return {**terms, "average": fmean(terms.values())}


def is_balanced(boxes: list[tuple[Element, Box]], scene: Scene) -> bool:
    """Whether the centre of the boxes lies within AeSlides' limits; an empty page is not balanced."""
    parts = [(part, _weight(e)) for e, box in boxes for part in (_lines(e) if e.kind in TEXT_KINDS else [box])]
    center = formulas.centroid(parts)
    size = (float(scene.size[0]), float(scene.size[1]))
    return center is not None and formulas.imbalance(center, size) <= 1.0


def _boxes(scene: Scene) -> list[tuple[Element, Box]]:
    found = [e for e in scene.elements if e.kind in CONTENT_KINDS and is_finite(e)]
    found += [e for e in texts(scene) if e.kind != "marker"]
    return [(e, bounds(_corners(e)) if e.kind in TEXT_KINDS else e.box) for e in found if seen(e, scene)]


def _corners(e: Element) -> list[tuple[float, float]]:
    return [point for line in text_lines(e) for point in line]


def _lines(e: Element) -> list[Box]:
    return [bounds(line) for line in text_lines(e)]


def _weight(e: Element) -> float:
    return 0.5 if e.kind == "image" and max(e.box.width, e.box.height) < ICON else 1.0


def _collided(scene: Scene, boxes: list[tuple[Element, Box]]) -> float:
    tree = Tree(scene)
    elements = [e for e, _ in boxes]
    related = [(i, j) for i, a in enumerate(elements) for j, b in enumerate(elements) if i < j and tree.related(a, b)]
    return formulas.collided_share([box for _, box in boxes], related)
