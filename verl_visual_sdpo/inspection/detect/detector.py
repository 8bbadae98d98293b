"""What every detector is, and the few words they share about text, data and panels.

A detector is one file: a docstring headed What / Why / Known limits / Example / Options, a frozen dataclass of limits
(the thresholds, named), and a generator ``find(scene, limits)`` that yields :class:`Defect` where something is wrong,
:class:`Undetermined` where it cannot tell, and nothing where all is well. It reads a scene and never source code.
"""

from __future__ import annotations

import functools
import io
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.geometry import (
    Polygon,
    area,
    clip,
    corners,
    intersection,
    overlap_area,
    rectangle,
    share_inside,
)
from verl_visual_sdpo.types import Box, Defect, Element, Scene, Undetermined

Finding = Defect | Undetermined

TEXT_KINDS = frozenset({"title", "axis-label", "tick-label", "text", "annotation", "legend-text"})
DATA_KINDS = frozenset({"line", "bar", "patch", "scatter", "collection", "image"})
PANEL_KINDS = frozenset({"axes", "colorbar"})
DECORATIONS = frozenset({"title", "axis-label", "tick-label"})  # text that matplotlib places, not the program

FAINT = 0.55  # text below this opacity is a watermark: it may lie under or over anything
DEFAULT_FONT_PX = 14.0  # 10 pt at 100 dpi, where a scene does not say
EDGE_TO_EDGE = 0.97  # a line or span across this part of its panel is background, not data
LARGE_FONT = 1.4  # a font this many times the scene's median has been made large by somebody


@dataclass(frozen=True, slots=True)
class Detector:
    """``limits`` holds the thresholds with their defaults; its field names are the detector's options."""

    id: str
    find: Callable[[Scene, Any], Iterator[Finding]]
    limits: Any

    def __call__(self, scene: Scene, options: Mapping[str, float] | None = None) -> Iterator[Finding]:
        """Run over a scene. ``options`` overrides limits by name; an unknown name raises InvalidInputError."""
        options = options or {}
        known = {f.name for f in fields(self.limits)}
        if unknown := sorted(set(options) - known):
            raise InvalidInputError(
                f"detector {self.id} has no option {', '.join(unknown)}; it has {', '.join(sorted(known))}"
            )
        return self.find(scene, replace(self.limits, **options))


@dataclass(frozen=True, slots=True)
class Contact:
    """``first`` lies on ``second`` by ``share``; the first one is the more likely to be moved."""

    share: float
    first: Element
    second: Element

    @staticmethod
    def elements(contacts: Sequence[Contact]) -> tuple[Element, ...]:
        """All elements of the contacts once each, the worst pair first."""
        worst = sorted(contacts, key=lambda c: (-c.share, c.first.id, c.second.id))
        return tuple({e.id: e for c in worst for e in (c.first, c.second)}.values())


# --------------------------------------------------------------------------- text


def texts(scene: Scene, kinds: Iterable[str] = TEXT_KINDS) -> list[Element]:
    """The readable text elements of ``kinds``: not blank, not faint, with a finite box."""
    return [
        e
        for e in scene.elements
        if e.kind in kinds and e.text.strip() and opacity(e) >= FAINT and is_finite(e) and e.box.area > 0
    ]


def font_px(element: Element) -> float:
    return float(element.style.get("font_size") or DEFAULT_FONT_PX)


def text_shape(element: Element, along: float = 0.0, across: float = 0.0) -> Polygon:
    """The rectangle of a text in its own direction; ``along`` and ``across`` move its ends outwards, in font sizes.

    matplotlib's extents are tight along the line but leave room for ascender and descender across it.
    """
    em, degrees = font_px(element), float(element.style.get("rotation") or 0.0)
    points = element.outline if len(element.outline) == 4 else corners(element.box)
    if len(element.outline) != 4:
        degrees = 90.0 * round(degrees / 90.0)  # without an outline only the upright frame is known
    return rectangle(points, degrees, along * em, across * em)


def covered_share(a: Element, b: Element, trim: float) -> float:
    """Common area of what is seen of two texts over the area of the smaller one, ``trim`` font sizes off above and
    below each line."""
    p, q = (
        clip(text_shape(e, across=-trim), corners(e.clip)) if e.clip else text_shape(e, across=-trim) for e in (a, b)
    )
    if not p or not q:
        return 0.0
    return overlap_area(p, q) / max(min(area(p), area(q)), 1.0)


def touching(elements: Iterable[Element]) -> Iterator[tuple[Element, Element]]:
    """Pairs of elements whose boxes meet, by a sweep from left to right."""
    ordered = sorted(elements, key=lambda e: e.box.left)
    for i, a in enumerate(ordered):
        for b in ordered[i + 1 :]:
            if b.box.left >= a.box.right:
                break
            if intersection(a.box, b.box):
                yield a, b


def clusters(pairs: Iterable[tuple[Hashable, Hashable, Contact]]) -> list[list[Contact]]:
    """Contacts joined by common parties: (party, party, contact) each."""
    pairs, leader = list(pairs), {}

    def find(party: Hashable) -> Hashable:
        while leader.setdefault(party, party) != party:
            leader[party] = party = leader[leader[party]]
        return party

    for a, b, _ in pairs:
        leader[find(a)] = find(b)
    joined: dict[Hashable, list[Contact]] = {}
    for a, _, contact in pairs:
        joined.setdefault(find(a), []).append(contact)
    return list(joined.values())


def large_fonts(scene: Scene) -> frozenset[int]:
    """Ids of texts whose font is so far above that of the other kinds of text that it is itself the likely cause of a
    lack of room."""
    readable = [e for e in scene.elements if e.kind in TEXT_KINDS and e.text.strip()]
    bound = {}
    for kind in {e.kind for e in readable}:
        others = [font_px(e) for e in readable if e.kind != kind]
        bound[kind] = LARGE_FONT * min(median(others) if others else DEFAULT_FONT_PX, 1.3 * DEFAULT_FONT_PX)
    return frozenset(e.id for e in readable if font_px(e) > bound[e.kind])


def has_large_font(element: Element, scene: Scene) -> bool:
    """Whether the element is one of :func:`large_fonts`; ask those once where many elements are asked about."""
    return element.id in large_fonts(scene)


def quote(element: Element, limit: int = 40) -> str:
    """An element as a message names it: ``title "Sales"``, ``bar``."""
    text = " ".join(element.text.split())
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return f'{element.kind} "{short}"' if text else element.kind


# --------------------------------------------------------------------------- panels and containers


def is_stroked(e: Element) -> bool:
    """A line that is drawn as a line, not as marks alone."""
    return e.kind == "line" and e.style.get("line_width") != 0 and len(e.outline) > 1


def is_marked(e: Element) -> bool:
    """A cloud of marks, whatever call drew it."""
    return bool(e.outline) and (e.kind == "scatter" or (e.kind == "line" and not is_stroked(e)))


def panels(scene: Scene) -> list[Element]:
    """The axes of a scene, colour bars left out."""
    return [e for e in scene.elements if e.kind == "axes" and is_finite(e) and e.box.area > 0]


def groups(elements: Iterable[Element]) -> dict[tuple, list[Element]]:
    """Text elements by what a reader takes as one thing: the tick labels of one axis, the entries of one legend; any
    other text stands alone."""
    result: dict[tuple, list[Element]] = {}
    for e in elements:
        if e.kind == "tick-label":
            key = ("tick-label", e.panel, e.style.get("axis"))
        elif e.kind == "legend-text":
            key = ("legend-text", e.parent)
        else:
            key = (e.kind, e.id)
        result.setdefault(key, []).append(e)
    return result


def is_background(e: Element, frame: Box) -> bool:
    """Reference lines and spans from one edge of the panel to the other."""
    if e.kind == "line" and len(e.outline) != 2:
        return False
    across = min(e.box.right, frame.right) - max(e.box.left, frame.left) >= EDGE_TO_EDGE * frame.width
    along = min(e.box.bottom, frame.bottom) - max(e.box.top, frame.top) >= EDGE_TO_EDGE * frame.height
    if e.kind == "line":
        return (across and e.box.height < 2.0) or (along and e.box.width < 2.0)
    return e.kind == "patch" and (across or along)


def visible_share(element: Element, scene: Scene) -> float:
    """The part of an element's box that neither its clip nor the picture's edge takes away."""
    share = share_inside(element.box, scene.canvas)
    return share if element.clip is None else min(share, share_inside(element.box, element.clip))


def opacity(element: Element) -> float:
    alpha = element.style.get("alpha")
    return 1.0 if alpha is None else float(alpha)


def is_finite(element: Element) -> bool:
    box = element.box
    return all(math.isfinite(side) for side in (box.left, box.top, box.right, box.bottom))


# --------------------------------------------------------------------------- severity and pixels


def severity(excess: float, floor: float = 0.5) -> float:
    """Grade a defect: ``excess`` 0 (just beyond the limit) .. 1 (as bad as it gets) maps to ``floor`` .. 1."""
    return round(floor + (1.0 - floor) * min(max(excess, 0.0), 1.0), 4)


@functools.lru_cache(maxsize=4)
def decode(png: bytes) -> np.ndarray:
    """A picture as uint8 RGB, shape (height, width, 3); transparency on white."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(paper, picture).convert("RGB"))
