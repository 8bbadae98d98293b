"""The content gate for slides: what was asked for is there to be read, and it is more than filler.

    gate = covered * exp(-text_cost * missing / room) * substance * novelty * in_order

``missing`` counts the points of the instruction (of the reference deck, where there is one) that no slide makes, and
the charts, tables and slides that were asked for; ``covered`` is the share that is there. A point is made as far as its
words are on the slides, half of them is enough; a word that stands alone in its frame counts little, for it says
nothing. ``substance``: with too few different words a deck only names its topics, and leaving sentences out never pays.
``novelty``: what is said again, and placeholder text, says nothing. ``in_order``: nor do the instruction's words,
shuffled.

Only what a reader sees counts, as well as it can be read (``legible_slide.py``). (Text that nobody sees is no content
although a defect is charged for it: taking it away takes nothing from the slide, showing it gains.)
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from verl_visual_sdpo.inspection.detect.detector import SLIDE_TEXTS, is_finite, opacity
from verl_visual_sdpo.inspection.detect.slides import frame_of, is_deck
from verl_visual_sdpo.inspection.geometry import share_inside
from verl_visual_sdpo.inspection.instruction import Wanted, apart, followers, sequence, stems, wanted_of
from verl_visual_sdpo.inspection.legible_slide import INSIDE, legibility
from verl_visual_sdpo.types import Scene

ENOUGH = 0.5  # of a point's words
ALONE = 0.25  # what a word is worth for a point of several that stands in a frame without another word
ROOMY = 10.0  # points from which missing one costs less
SOME_WORDS = 8  # different words asked for where nothing is known of the task
REPEATED = 0.25  # share of word triples that may repeat others
TRIPLES = 12  # fewer tell nothing about repetition
IN_ORDER, PAIRS = 0.5, 6  # share of neighbouring words of the instruction that stand as it has them; fewer tell nothing

FILLER = re.compile(r"lorem ipsum|dolor sit amet|click to (add|edit)|your (text|title) here|insert \w+ here", re.I)


@dataclass(frozen=True, slots=True)
class DeckContent:
    """``texts`` that can be read, in reading order, how ``clear`` each is and the ``frames`` they stand in; ``kinds``
    counts charts, tables and pictures; ``slides`` those that show something."""

    texts: tuple[str, ...]
    clear: tuple[float, ...]
    frames: tuple[tuple[int, int], ...]
    kinds: dict[str, int]
    slides: int

    @classmethod
    def of(cls, scenes: Sequence[Scene]) -> DeckContent:
        said, kinds, slides = [], dict.fromkeys(("chart", "table", "picture"), 0), 0
        for number, scene in enumerate(scenes):
            words = [(e, legibility(e, scene)) for e in scene.elements if e.kind in SLIDE_TEXTS - {"footer"}]
            here = [(e.text.strip(), clear, (number, frame_of(e, scene).id)) for e, clear in words if clear > 0]
            shown = [e for e in scene.elements if e.kind in kinds and is_finite(e)]
            shown = [e for e in shown if share_inside(e.box, scene.canvas) >= INSIDE and opacity(e) > 0]
            for e in shown:
                kinds[e.kind] += 1
            said += here
            slides += bool(here or shown)
        texts, clear, frames = zip(*said) if said else ((), (), ())
        return cls(texts, clear, frames, kinds, slides)

    def words(self) -> tuple[dict[str, float], dict[str, float]]:
        """How clear each word is at its best, where others stand in its frame, and anywhere; filler is left out."""
        company: dict[tuple[int, int], set[str]] = {}
        lines = [line for line in zip(self.texts, self.clear, self.frames) if not FILLER.search(line[0])]
        for text, _, frame in lines:
            company.setdefault(frame, set()).update(stems(text))
        together: dict[str, float] = {}
        anywhere: dict[str, float] = {}
        for text, clear, frame in lines:
            for pool in (together, anywhere) if len(company[frame]) > 1 else (anywhere,):
                pool.update({word: max(clear, pool.get(word, 0.0)) for word in stems(text)})
        return together, anywhere


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
    return Wanted(points, round(0.8 * words), kinds, len(reference), followers(content.texts))


def deck_room(asked: Wanted) -> float:
    """How many times as many mistakes as in a chart there is room for: as many as slides were asked for."""
    return float(max(asked.slides, 1))


def slide_gate(scenes: Sequence[Scene], asked: Wanted, text_cost: float) -> float:
    """Gate in [0, 1]; ``text_cost`` is the exponent that one missing point adds. 0 for a deck without readable text."""
    drawn = DeckContent.of(scenes)
    together, anywhere = drawn.words()
    if not anywhere:
        return 0.0
    gaps = [1.0 - _made(point, together, anywhere) for point in asked.points]
    gaps += [_lack(drawn, kind, count) for kind, count in asked.kinds.items()]
    gaps += [max(0.0, 1.0 - drawn.slides / asked.slides)] if asked.slides > 1 else []
    missing, whole = sum(gaps), max(len(gaps), 1)
    covered = 1.0 - missing / whole
    substance = min(1.0, sum(anywhere.values()) / max(asked.words, SOME_WORDS)) ** 0.5
    cost = math.exp(-text_cost * missing / max(1.0, whole / ROOMY))
    return covered * cost * substance * novelty(drawn.texts) * in_order(drawn.texts, asked)


def _made(point: frozenset[str], together: dict[str, float], anywhere: dict[str, float]) -> float:
    """How far a point is made: the share of its words that are there, times how clear the clearest of them are."""
    if len(point) == 1:
        return max(anywhere.get(word, 0.0) for word in point)
    worth = [max(together.get(word, 0.0), ALONE * anywhere.get(word, 0.0)) for word in point]
    enough = math.ceil(ENOUGH * len(point))
    return min(1.0, sum(sorted(worth)[-enough:]) / (ENOUGH * len(point)))


def _lack(drawn: DeckContent, kind: str, count: int) -> float:
    """A chart may be a picture of one; a table or a picture is just that."""
    have = drawn.kinds[kind] + (drawn.kinds["picture"] if kind == "chart" else 0)
    return max(0.0, 1.0 - have / count)


def novelty(texts: Sequence[str]) -> float:
    """1 where hardly anything is said twice; the share of what is new, over what is allowed, where much is."""
    kept = [text for text in texts if not FILLER.search(text)]
    words = [_words(text) for text in texts]
    whole = sum(map(len, words))
    filler = 1.0 - sum(len(_words(text)) for text in kept) / whole if whole else 0.0
    triples = [tuple(row[n : n + 3]) for row in words for n in range(max(len(row) - 2, 1)) if row]
    repeated = 1.0 - len(set(triples)) / len(triples) if len(triples) >= TRIPLES else 0.0
    return min(1.0, (1.0 - max(repeated, filler)) / (1.0 - REPEATED))


def _words(text: str) -> list[str]:
    return [part for word in re.findall(r"\w+", text.casefold()) for part in apart(word) if part]


def in_order(texts: Sequence[str], asked: Wanted) -> float:
    """1 where the instruction's words stand beside each other as it has them; less where they were shuffled.

    Asked are neighbours that are both words of the instruction: who writes sentences about its points takes "panel
    prices" from there, and puts words of their own between others.
    """
    known = frozenset().union(*asked.points) if asked.points else frozenset()
    pairs = [
        pair for text in texts for pair in pairwise(sequence(text)) if known.issuperset(pair) and pair[0] != pair[1]
    ]
    if len(pairs) < PAIRS:
        return 1.0
    return min(1.0, sum(pair in asked.follows for pair in pairs) / len(pairs) / IN_ORDER) ** 2


__all__ = ["DeckContent", "deck_room", "in_order", "is_slides", "novelty", "slide_gate", "wanted"]
