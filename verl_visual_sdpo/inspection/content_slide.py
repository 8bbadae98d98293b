"""The content gate for slides: what was asked for is there to be read, and it is more than filler.

    gate = covered * exp(-text_cost * missing / room) * substance * novelty

``missing`` counts the points of the instruction (of the reference deck, where there is one) that no slide makes, and
the charts, tables and slides that were asked for; ``covered`` is the share that is there. A point is made as far as its
words are on the slides, half of them is enough. ``substance``: with too few different words a deck only names its
topics, and leaving sentences out never pays. ``novelty``: what is said again, and placeholder text, says nothing.

Only what a reader sees counts: painted on the slide, large enough, and standing out in the picture. (Text that nobody
sees is no content although a defect is charged for it: taking it away takes nothing from the slide, showing it gains.)
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from verl_visual_sdpo.inspection.detect.contrast import rgb
from verl_visual_sdpo.inspection.detect.detector import (
    FAINT,
    SLIDE_TEXTS,
    decode,
    font_px,
    is_finite,
    opacity,
    text_lines,
)
from verl_visual_sdpo.inspection.detect.slides import extent, is_deck, was_seen
from verl_visual_sdpo.inspection.geometry import share_inside
from verl_visual_sdpo.inspection.instruction import Wanted, stems, wanted_of
from verl_visual_sdpo.types import Element, Scene

ENOUGH = 0.5  # of a point's words
ROOMY = 10.0  # points from which missing one costs less
SMALLEST_FONT = 6.0  # px of a slide 1280 px wide; less cannot be read
INSIDE = 0.5  # part of a text that must be on the slide
SOME_WORDS = 8  # different words asked for where nothing is known of the task
REPEATED = 0.25  # share of word triples that may repeat others
TRIPLES = 12  # fewer tell nothing about repetition
RANGE = 16.0  # distance in RGB between a text and its ground below which nobody sees it
WAY = 0.25  # part of the way from the ground's colour to the text's that a pixel of its ink goes
INK = 0.01  # part of a text's pixels that are ink

FILLER = re.compile(r"lorem ipsum|dolor sit amet|click to (add|edit)|your (text|title) here|insert \w+ here", re.I)


@dataclass(frozen=True, slots=True)
class DeckContent:
    """``texts`` that can be read, in reading order; ``kinds`` counts charts, tables and pictures; ``slides`` those that
    show something."""

    texts: tuple[str, ...]
    kinds: dict[str, int]
    slides: int

    @classmethod
    def of(cls, scenes: Sequence[Scene]) -> DeckContent:
        texts, kinds, slides = [], dict.fromkeys(("chart", "table", "picture"), 0), 0
        for scene in scenes:
            here = [e.text.strip() for e in scene.elements if e.kind in SLIDE_TEXTS - {"footer"} and readable(e, scene)]
            frames = [e for e in scene.elements if e.kind in kinds and is_finite(e)]
            frames = [e for e in frames if share_inside(e.box, scene.canvas) >= INSIDE and opacity(e) > 0]
            for e in frames:
                kinds[e.kind] += 1
            texts += here
            slides += bool(here or frames)
        return cls(tuple(texts), kinds, slides)


def is_slides(scenes: Sequence[Scene] | None) -> bool:
    """Whether scenes are those of a deck."""
    return bool(scenes) and is_deck(scenes[0])


def wanted(reference: Sequence[Scene] | None, instruction: str) -> Wanted:
    """What a deck is asked to hold: the reference's content, else what the instruction says."""
    if reference is None:
        return wanted_of(instruction)
    content = DeckContent.of(reference)
    points = tuple(found for text in content.texts if (found := stems(text)))
    words = len(frozenset().union(*points)) if points else 0
    kinds = {kind: count for kind, count in content.kinds.items() if count}
    return Wanted(points, round(0.8 * words), kinds, len(reference))


def deck_room(asked: Wanted) -> float:
    """How many times as many mistakes as in a chart there is room for: as many as slides were asked for."""
    return float(max(asked.slides, 1))


def slide_gate(scenes: Sequence[Scene], asked: Wanted, text_cost: float) -> float:
    """Gate in [0, 1]; ``text_cost`` is the exponent that one missing point adds. 0 for a deck without readable text."""
    drawn = DeckContent.of(scenes)
    texts = [text for text in drawn.texts if not FILLER.search(text)]
    pool = frozenset().union(*map(stems, texts)) if texts else frozenset()
    if not pool:
        return 0.0
    gaps = [max(0.0, 1.0 - len(point & pool) / (ENOUGH * len(point))) for point in asked.points]
    gaps += [_lack(drawn, kind, count) for kind, count in asked.kinds.items()]
    gaps += [max(0.0, 1.0 - drawn.slides / asked.slides)] if asked.slides > 1 else []
    missing, whole = sum(gaps), max(len(gaps), 1)
    covered = 1.0 - missing / whole
    substance = min(1.0, len(pool) / max(asked.words, SOME_WORDS)) ** 0.5
    return covered * math.exp(-text_cost * missing / max(1.0, whole / ROOMY)) * substance * novelty(drawn.texts)


def _lack(drawn: DeckContent, kind: str, count: int) -> float:
    """A chart may be a picture of one; a table or a picture is just that."""
    have = drawn.kinds[kind] + (drawn.kinds["picture"] if kind == "chart" else 0)
    return max(0.0, 1.0 - have / count)


def novelty(texts: Sequence[str]) -> float:
    """1 where hardly anything is said twice; the share of what is new, over what is allowed, where much is."""
    kept = [text for text in texts if not FILLER.search(text)]
    words = [re.findall(r"\w+", text.casefold()) for text in texts]
    whole = sum(map(len, words))
    filler = 1.0 - sum(len(re.findall(r"\w+", text)) for text in kept) / whole if whole else 0.0
    triples = [tuple(row[n : n + 3]) for row in words for n in range(max(len(row) - 2, 1)) if row]
    repeated = 1.0 - len(set(triples)) / len(triples) if len(triples) >= TRIPLES else 0.0
    return min(1.0, (1.0 - max(repeated, filler)) / (1.0 - REPEATED))


# --------------------------------------------------------------------------- what can be read


def readable(e: Element, scene: Scene) -> bool:
    """Whether a text of a slide can be read there."""
    if not e.text.strip() or not is_finite(e) or not was_seen(e) or opacity(e) < FAINT:
        return False
    if font_px(e) < SMALLEST_FONT * scene.size[0] / 1280:
        return False
    return share_inside(extent(e), scene.canvas) >= INSIDE and (not scene.image or stands_out(e, scene.image))


def stands_out(e: Element, image: bytes) -> bool:
    """Whether a text's ink is in the picture: pixels that go from the ground's colour some way towards the text's.

    White on white has no way to go, and what something else was painted over goes nowhere. Thin letters never go the
    whole way.
    """
    pixels = decode(image)
    found = [cut.reshape(-1, 3) for line in text_lines(e) if (cut := _cut(line, pixels)).size]
    if not found:
        return False
    inside = np.concatenate(found).astype(np.float32)
    color = e.style.get("color")
    if not isinstance(color, str) or len(color) < 7:
        return bool(np.ptp(inside.mean(axis=1)) >= RANGE)
    ground = np.median(inside, axis=0)
    way = rgb(color).astype(np.float32) - ground
    length = float(np.linalg.norm(way))
    if length < RANGE:
        return False
    gone = (inside - ground) @ way / length**2
    return float((gone >= WAY).mean()) >= INK


def _cut(line: Sequence[tuple[float, float]], pixels: np.ndarray) -> np.ndarray:
    xs, ys = [x for x, _ in line], [y for _, y in line]
    left, right = (min(max(round(x), 0), pixels.shape[1]) for x in (min(xs), max(xs)))
    top, bottom = (min(max(round(y), 0), pixels.shape[0]) for y in (min(ys), max(ys)))
    return pixels[top:bottom, left:right]
