"""The content gate for pages: what of the reference's content is there to be seen.

    gate = exp(-text_cost * missing) * legibility

``missing`` counts texts, pictures, buttons and fields. A text is there as far as its words are: sentences may be cut
into other elements than the reference's, and words that the reference does not have stand for missing ones, for writing
the wrong words is not writing less (likeness says what that is worth). Half of a text is enough of it. Without a
reference some words are asked for.

A page holds far more than a chart, so a defect and a missing text weigh less there: both by :func:`roominess`, which
only the reference decides.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from verl_visual_sdpo.inspection.detect.detector import FAINT, TEXT_KINDS, font_px, is_finite, opacity
from verl_visual_sdpo.inspection.detect.pages import CONTENT_KINDS, page_of, seen, seen_share
from verl_visual_sdpo.types import Defect, Element, Scene

ENOUGH = 0.5  # a text of this share of the reference's says as much
FAMILIAR = 0.2  # a text that shares less of itself with every expected one says something else
ENOUGH_AREA = 0.2  # the same for the area of a picture, a button, a field
SLACK = 1.25  # text may be this many times smaller than the reference's
SMALLEST_FONT = 4.0  # px; less cannot be read, so it is not drawn content
SMALLEST_SIDE = 4.0  # px of a picture
PER_TOLERANCE = 20.0  # pieces of content from which a page has more room for mistakes than a chart
SOME_TEXTS, SOME_CHARS = 3, 12  # expected where there is no reference

_WORD = re.compile(r"\w+|[^\w\s]+")


@dataclass(frozen=True, slots=True)
class PageContent:
    """``texts`` in document order, ``areas`` of pictures, buttons and fields by kind (largest first, square px),
    ``text_size`` the median font size by characters (None without text)."""

    texts: tuple[str, ...]
    areas: dict[str, tuple[float, ...]]
    text_size: float | None

    @classmethod
    def of(cls, scene: Scene, defective: Collection[int] = ()) -> PageContent:
        """Read a scene. What has a defect (``defective`` ids) counts although it may not be seen: its defect has been
        charged already."""
        texts = [e for e in scene.elements if e.kind in TEXT_KINDS and e.kind != "marker" and _readable(e)]
        texts = [e for e in texts if e.id in defective or (_strong(e) and seen(e, scene))]
        boxes = [e for e in scene.elements if e.kind in CONTENT_KINDS and is_finite(e)]
        shown = [e for e in boxes if e.id in defective or _large(e, scene)]
        kinds = sorted({e.kind for e in shown})
        fonts = [font_px(e) for e in texts for _ in range(min(len(e.text), 200))]
        return cls(
            tuple(_told(e, scene) for e in texts),
            {kind: tuple(sorted((e.box.area for e in shown if e.kind == kind), reverse=True)) for kind in kinds},
            median(fonts) if fonts else None,
        )

    @property
    def pieces(self) -> int:
        return len(self.texts) + sum(map(len, self.areas.values()))


def is_page(scenes: Sequence[Scene] | None) -> bool:
    """Whether scenes are those of a page."""
    return bool(scenes) and page_of(scenes[0]) is not None


def roominess(reference: Sequence[Scene]) -> float:
    """How many times as many mistakes as in a chart a page like the reference has room for, at least 1."""
    return max(1.0, PageContent.of(reference[0]).pieces / PER_TOLERANCE)


def page_gate(
    scenes: Sequence[Scene], reference: Sequence[Scene] | None, defects: Sequence[Defect], text_cost: float
) -> float:
    """Gate in [0, 1]; ``text_cost`` is the exponent that one missing text adds on a page of little content."""
    drawn = PageContent.of(scenes[0], {i for d in defects if d.page == 0 for i in d.element_ids})
    if reference is None:
        some = sum(min(len(text) / SOME_CHARS, 1.0) for text in drawn.texts)
        return math.exp(-text_cost * max(SOME_TEXTS - some, 0.0)) if drawn.texts else 0.0
    expected = PageContent.of(reference[0])
    missing = missing_texts(drawn.texts, expected.texts) + _missing_boxes(drawn.areas, expected.areas)
    return math.exp(-text_cost * missing / roominess(reference)) * _legibility(drawn, expected)


def missing_texts(drawn: Sequence[str], expected: Sequence[str]) -> float:
    """How many of the expected texts are not there, fractions for those of which less than ENOUGH is.

    The same texts stand for each other first. Of the rest, each drawn text stands for the expected one that it shares
    most words with (several parts may stand for one), and words that are left over for texts that hold them. A drawn
    text that shares next to nothing stands, by its length, for missing ones, the longest first.
    """
    ours, wanted = Counter(_words(text) for text in drawn), Counter(_words(text) for text in expected)
    left, missing = list((ours - wanted).elements()), list((wanted - ours).elements())
    lacking, pool, spare = [Counter(words) for words in missing], Counter(), 0
    for words in left:
        shared = [Counter(words) & lack for lack in lacking]
        best = max(range(len(missing)), key=lambda i: _length(shared[i]), default=None)
        if best is None or _length(shared[best]) < FAMILIAR * _length(words):
            spare += _length(words)
        else:
            lacking[best] -= shared[best]
            pool += Counter(words) - shared[best]
    total = 0.0
    for words, lack in sorted(zip(missing, lacking), key=lambda item: -_length(item[0])):
        found = lack & pool
        pool -= found
        enough = ENOUGH * _length(words)
        have = _length(words) - _length(lack) + _length(found)
        used = min(max(enough - have, 0.0), spare)
        spare -= used
        total += max(0.0, 1.0 - (have + used) / enough) if enough else 0.0
    return total


def _length(words: Iterable[str] | Counter[str]) -> int:
    """Characters of words."""
    return sum(map(len, words.elements() if isinstance(words, Counter) else words))


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _missing_boxes(drawn: dict[str, tuple[float, ...]], expected: dict[str, tuple[float, ...]]) -> float:
    """The same for pictures, buttons and fields, the largest against the largest of its kind."""
    missing = 0.0
    for kind, areas in expected.items():
        there = drawn.get(kind, ())
        for place, area in enumerate(areas):
            have = there[place] if place < len(there) else 0.0
            missing += max(0.0, 1.0 - have / (ENOUGH_AREA * area))
    return missing


def _legibility(drawn: PageContent, expected: PageContent) -> float:
    if drawn.text_size is None or expected.text_size is None:
        return 1.0
    return min(1.0, SLACK * drawn.text_size / expected.text_size)


def _readable(e: Element) -> bool:
    """Text of which the picture shows nothing is no content, also where a defect is charged for it: taking it away
    takes nothing from the page, and showing it gains."""
    return bool(e.text.strip()) and is_finite(e) and not e.style.get("unreadable")


def _told(e: Element, scene: Scene) -> str:
    """The words of a text; of one that ends in an ellipsis as many as come before it: those behind are no defect."""
    words = e.text.strip()
    if not e.style.get("ellipsis"):
        return words
    return words[: math.ceil(len(words) * min(seen_share(e, seen(e, scene)), 1.0))]


def _strong(e: Element) -> bool:
    """Neither so faint nor so small that the detectors pass it over: fading a text out must not pay."""
    return opacity(e) >= FAINT and font_px(e) >= SMALLEST_FONT


def _large(e: Element, scene: Scene) -> bool:
    box = seen(e, scene)
    return box is not None and opacity(e) > 0 and min(box.width, box.height) >= SMALLEST_SIDE
