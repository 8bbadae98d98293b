"""The content gate: how much of what should be in a picture is there to be seen.

    gate = data share * exp(-TEXT_COST * missing texts) * legibility

A reward that only counts defects pays for an empty canvas. So what is missing is measured against the reference page
by page: data marks by their share; texts one by one, the longest against the longest, because a dot does not stand for
a title; legibility by the size of text relative to the picture, because on a canvas of a square metre nothing collides
and nothing can be read. Without a reference the gate only asks for some data and some text.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from statistics import median

from verl_visual_sdpo.inspection.content_slide import is_slides, slide_gate, wanted
from verl_visual_sdpo.inspection.content_web import is_page, page_gate
from verl_visual_sdpo.inspection.detect.detector import DATA_KINDS, FAINT, font_px, is_finite, opacity
from verl_visual_sdpo.types import Defect, Element, Scene

ENOUGH = 0.5  # a text of this share of the reference's characters says as much
SLACK = 1.25  # text may be this many times smaller than the reference's, relative to the picture
SMALLEST_MARK = 1.0  # px along the longer side; less is not drawn content
SMALLEST_FONT = 4.0  # px; less cannot be read, so it is not drawn content

TEXT_KINDS = frozenset({"title", "axis-label", "text", "annotation", "legend-text"})
CONTAINERS = frozenset({"legend", "colorbar"})  # marks inside them repeat the data, they are not data


@dataclass(frozen=True, slots=True)
class Content:
    """What one picture shows: ``data`` visible data marks; ``texts`` the characters of each readable text, longest
    first, names on ticks among them; ``text_size`` the median font size as a share of the picture's (sqrt of its area;
    None without text)."""

    data: int
    texts: tuple[int, ...]
    text_size: float | None = None

    @classmethod
    def of(cls, scene: Scene, defective: Collection[int] = ()) -> Content:
        """Read a scene. A text with a defect (``defective`` ids) counts although it cannot be seen: its defect has
        been charged already, and charging it as missing too would make deleting it pay."""
        keys = {e.id for e in scene.elements if e.kind in CONTAINERS}
        texts = [e for e in scene.elements if _says_something(e) and (e.id in defective or _shown(e, scene))]
        fonts = [font_px(e) for e in scene.elements if e.kind in TEXT_KINDS | {"tick-label"} and e.text.strip()]
        return cls(
            data=sum(e.kind in DATA_KINDS and e.parent not in keys and _shown(e, scene) for e in scene.elements),
            texts=tuple(sorted((len(e.text.strip()) for e in texts), reverse=True)),
            text_size=median(fonts) / math.sqrt(scene.canvas.area) if fonts else None,
        )


NOTHING = Content(data=0, texts=())
SOMETHING = Content(data=1, texts=(1, 1))  # expected where there is no reference: data, and two texts


def content_gate(
    scenes: Sequence[Scene],
    reference: Sequence[Scene] | None,
    defects: Sequence[Defect],
    text_cost: float,
    instruction: str = "",
) -> float:
    """Gate in [0, 1]; 0 for a picture without data, unless the reference is text alone.

    ``text_cost`` is the exponent that one missing text adds. Pages are compared in order, so that spreading the
    content over more figures does not count as drawing it. Pages and slides have gates of their own (``content_web``,
    ``content_slide``); only that of slides reads the ``instruction``.
    """
    if is_page(scenes):
        return page_gate(scenes, reference, defects, text_cost)
    if is_slides(scenes):
        return slide_gate(scenes, wanted(reference, instruction), text_cost)
    defective = [{i for d in defects if d.page == page for i in d.element_ids} for page in range(len(scenes))]
    drawn = [Content.of(scene, ids) for scene, ids in zip(scenes, defective)]
    if reference is None:
        pairs = [(_together(drawn), SOMETHING)]
    else:
        expected = [Content.of(scene) for scene in reference]
        pairs = list(zip(drawn + [NOTHING] * (len(expected) - len(drawn)), expected))
    missing = sum(_missing_texts(d.texts, e.texts) for d, e in pairs)
    return _data_share(pairs) * math.exp(-text_cost * missing) * min(_legibility(d, e) for d, e in pairs)


def _together(pages: Sequence[Content]) -> Content:
    return Content(sum(p.data for p in pages), tuple(sorted((n for p in pages for n in p.texts), reverse=True)))


def _data_share(pairs: Sequence[tuple[Content, Content]]) -> float:
    wanted = sum(e.data for _, e in pairs)
    if wanted == 0:
        return float(any(d.texts for d, _ in pairs))
    return sum(min(d.data, e.data) for d, e in pairs) / wanted


def _missing_texts(drawn: Sequence[int], expected: Sequence[int]) -> float:
    """How many of the expected texts are not there, fractions for those much too short; both longest first."""
    pairs = zip_longest(drawn[: len(expected)], expected, fillvalue=0)
    return sum(max(0.0, 1.0 - have / (ENOUGH * want)) for have, want in pairs)


def _legibility(drawn: Content, expected: Content) -> float:
    if drawn.text_size is None or expected.text_size is None:
        return 1.0
    return min(1.0, SLACK * drawn.text_size / expected.text_size)


def _says_something(element: Element) -> bool:
    """Titles, labels, legends, notes, and ticks that carry names. Numbers on ticks come and go with the axes' size."""
    text = element.text.strip()
    if element.kind == "tick-label":
        return any(c.isalpha() for c in text) and not text.startswith("$")  # "$...$": powers of a log axis
    return element.kind in TEXT_KINDS and bool(text)


def _shown(element: Element, scene: Scene) -> bool:
    """Whether any of it can be seen: inside the canvas and its clip, not transparent, not vanishingly small.

    Text below FAINT is a watermark to the detectors, so it is no content either: fading a label out must not pay.
    """
    if not is_finite(element) or opacity(element) <= 0:
        return False
    if _says_something(element) and (opacity(element) < FAINT or font_px(element) < SMALLEST_FONT):
        return False
    boxes = [element.box, scene.canvas] + ([element.clip] if element.clip else [])
    width = min(b.right for b in boxes) - max(b.left for b in boxes)
    height = min(b.bottom for b in boxes) - max(b.top for b in boxes)
    return min(width, height) >= 0 and max(width, height) >= SMALLEST_MARK
