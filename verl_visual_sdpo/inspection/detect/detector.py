"""What every detector is, and the few words they share about text, data and panels.

A detector is one file: a docstring headed What / Why / Known limits / Example / Options, a frozen dataclass of limits
(the thresholds, named), and a generator ``find(scene, limits)`` that yields :class:`Defect` where something is wrong,
:class:`Undetermined` where it cannot tell, and nothing where all is well. It reads a scene and never source code.
"""

from __future__ import annotations

import functools
import io
import math
import unicodedata
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from statistics import median
from typing import Any

import numpy as np
from PIL import Image

from verl_visual_sdpo.errors import check_names
from verl_visual_sdpo.inspection.detect.nearby import PARTNERS, Boxes
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

CHART_TEXTS = frozenset({"title", "axis-label", "tick-label", "text", "annotation", "legend-text"})
PAGE_TEXTS = frozenset({"text", "heading", "link-text", "button-text", "input-text", "marker"})
SLIDE_TEXTS = frozenset({"title", "subtitle", "body", "text", "cell-text", "footer", "chart-text"})
TEXT_KINDS = CHART_TEXTS | PAGE_TEXTS | SLIDE_TEXTS
DATA_KINDS = frozenset({"line", "bar", "patch", "scatter", "collection", "image"})
PANEL_KINDS = frozenset({"axes", "colorbar"})
DECORATIONS = frozenset({"title", "axis-label", "tick-label"})  # text that matplotlib places, not the program

FAINT = 0.55  # text below this opacity is a watermark: it may lie under or over anything
SHOWN = 0.01  # text below this opacity is not there at all
DEFAULT_FONT_PX = 14.0  # 10 pt at 100 dpi, where a scene does not say
EDGE_TO_EDGE = 0.97  # a line or span across this part of its panel is background, not data
CRAMPED = 22.0  # font sizes: matplotlib's default picture has 40
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
        check_names(f"detector {self.id}", options, sorted(f.name for f in fields(self.limits)))
        return self.find(scene, replace(self.limits, **options))


@dataclass(frozen=True, slots=True)
class Contact:
    """``first`` lies on ``second`` by ``share``; the first one is the more likely to be moved."""

    share: float
    first: Element
    second: Element

    @staticmethod
    def elements(contacts: Sequence[Contact]) -> tuple[Element, ...]:
        """All elements of the contacts once each, those of the first contact first, then the worst pairs."""
        worst = sorted(contacts[1:], key=lambda c: (-c.share, c.first.id, c.second.id))
        return tuple({e.id: e for c in (*contacts[:1], *worst) for e in (c.first, c.second)}.values())


# --------------------------------------------------------------------------- text


def texts(scene: Scene, kinds: Iterable[str] = TEXT_KINDS, *, faint: bool = False) -> list[Element]:
    """The readable text elements of ``kinds``: not blank, not faint (unless asked for), with a finite box, and painted
    as far as known."""
    return [
        e
        for e in scene.elements
        if e.kind in kinds and e.text.strip() and is_finite(e) and e.box.area > 0
        if opacity(e) >= (SHOWN if faint else FAINT)
        if e.style.get("seen") is not False
    ]


def font_px(element: Element) -> float:
    return float(element.style.get("font_size") or DEFAULT_FONT_PX)


def is_icon(words: str) -> bool:
    """Whether words are glyphs of an icon font and nothing else: letters for private use."""
    shown = words.split()
    return bool(shown) and all(unicodedata.category(letter) == "Co" for word in shown for letter in word)


def text_lines(element: Element, along: float = 0.0, across: float = 0.0) -> list[Polygon]:
    """The rectangle of each line of a text in its own direction; ``along`` and ``across`` move its ends outwards, in
    font sizes.

    Where the renderer gives the lines (four corners each) they are tight around the ink and ``across`` does not make
    them smaller. A box alone leaves room for ascender and descender, which a negative ``across`` takes off.
    """
    em, degrees = font_px(element), float(element.style.get("rotation") or 0.0)
    if _has_lines(element):
        quads = (element.outline[i : i + 4] for i in range(0, len(element.outline), 4))
        return [rectangle(quad, degrees, along * em, max(across, 0.0) * em) for quad in quads]
    # without an outline only the upright frame is known
    return [rectangle(corners(element.box), 90.0 * round(degrees / 90.0), along * em, across * em)]


def text_shape(element: Element, along: float = 0.0, across: float = 0.0) -> Polygon:
    """The rectangle around all of :func:`text_lines`."""
    lines = text_lines(element, along, across)
    if len(lines) == 1:
        return lines[0]
    points = tuple(point for line in lines for point in line)
    return rectangle(points, float(element.style.get("rotation") or 0.0))


def _has_lines(element: Element) -> bool:
    return len(element.outline) >= 4 and len(element.outline) % 4 == 0


def covered_share(a: Element, b: Element, trim: float) -> float:
    """Common area of what is seen of two texts over the area of the smaller one, ``trim`` font sizes off above and
    below each line."""
    return shared(seen_lines(a, trim), seen_lines(b, trim))


def shared(one: Sequence[Polygon], other: Sequence[Polygon]) -> float:
    """Common area of two texts' lines over the area of the smaller text."""
    smaller = min(sum(map(area, one)), sum(map(area, other)))
    common = sum(overlap_area(p, q) for p in one for q in other)
    return common / max(smaller, 1.0)


def seen_lines(e: Element, trim: float = 0.0) -> list[Polygon]:
    """What its clip leaves of the lines of a text, ``trim`` font sizes off above and below each."""
    lines = text_lines(e, across=-trim)
    return lines if e.clip is None else [seen for line in lines if (seen := clip(line, corners(e.clip)))]


def touching(elements: Iterable[Element]) -> Iterator[tuple[Element, Element]]:
    """Pairs of elements whose boxes share some area, by a sweep from left to right; of each with :data:`PARTNERS` that
    come after it at most."""
    ordered = sorted(elements, key=lambda e: e.box.left)
    boxes = Boxes(e.box for e in ordered)
    for i, a in enumerate(ordered):
        after = (ordered[k] for k in boxes.near(a.box) if k > i)
        yield from islice(((a, b) for b in after if intersection(a.box, b.box)), PARTNERS)


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


def is_cramped(scene: Scene) -> bool:
    """Whether the picture is so small beside its own text that hardly anything would fit, whatever its place."""
    fonts = [font_px(e) for e in scene.elements if e.kind in TEXT_KINDS and e.text.strip()]
    return bool(fonts) and math.sqrt(scene.canvas.area) < CRAMPED * median(fonts)


def blamable(scene: Scene, *props: str) -> tuple[str, ...]:
    """The properties of a defect of room: ``props`` as given, the size of the picture first where it is cramped (and
    no font is to blame before it)."""
    return ("canvas", *props) if is_cramped(scene) and props[0] != "size" else props


def quote(element: Element, limit: int = 40) -> str:
    """An element as a message names it: ``title "Sales"``, ``bar``, ``box <section>``."""
    text = " ".join(element.text.split())
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    if not text and element.style.get("tag"):
        return f"{element.kind} <{element.style['tag']}>"
    return f'{element.kind} "{short}"' if text else element.kind


# --------------------------------------------------------------------------- panels and containers


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


def severity(measured: float, required: float, worst: float, floor: float = 0.5) -> float:
    """Grade a defect: from ``floor`` where ``measured`` just misses ``required`` to 1 at ``worst`` and beyond it."""
    excess = (measured - required) / (worst - required) if worst != required else 1.0
    return round(floor + (1.0 - floor) * min(max(excess, 0.0), 1.0), 4)


@functools.lru_cache(maxsize=4)
def decode(png: bytes) -> np.ndarray:
    """A picture as uint8 RGB, shape (height, width, 3); transparency on white."""
    picture = Image.open(io.BytesIO(png)).convert("RGBA")
    paper = Image.new("RGBA", picture.size, "white")
    return np.asarray(Image.alpha_composite(paper, picture).convert("RGB"))
