"""Text blocks of a page and the pairs that Design2Code's scorer makes of them.

A block is what one text tag shows: words, box, colour. The benchmark pairs blocks by their words alone: similarity is
``difflib``'s ratio (Ratcliff and Obershelp), the assignment is the best one in all, and neighbours are merged first
where that raises the mean similarity of what changes by more than :data:`MERGE_GAIN`. The procedure is followed step by
step; what is recomputed for every trial there is kept here, so that a trial costs one row of the matrix.

Sources: arXiv 2403.03163, section 3.2, and the behaviour of the benchmark's public scorer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from cydifflib import SequenceMatcher  # difflib's algorithm and results, compiled
from scipy.optimize import linear_sum_assignment

MERGE_GAIN = 0.05
CONTEXT_BONUS = 0.1  # of the two most similar pairs around one, for pairs that are at least half alike
HALF = 0.5  # pairs less alike than this are no pairs
FIELDS = frozenset({"input", "textarea", "select"})  # what they show is no text of the page's own
MAX_BLOCKS = 300  # of one page; further ones stay without a partner
MAX_CHARS = 1000  # of one block; further ones are not compared


@dataclass(frozen=True, slots=True)
class Block:
    """``box`` is (left, top, width, height) as shares of the page's size; ``color`` RGB 0..255."""

    text: str
    box: tuple[float, float, float, float]
    color: tuple[float, float, float]

    @property
    def area(self) -> float:
        return self.box[2] * self.box[3]

    @property
    def center(self) -> tuple[float, float]:
        return self.box[0] + self.box[2] / 2, self.box[1] + self.box[3] / 2


@dataclass(frozen=True, slots=True)
class Pair:
    """Two blocks that belong together, and how alike their words are (at least HALF)."""

    drawn: int
    wanted: int
    similarity: float


def blocks_of(record: Mapping[str, Any]) -> list[Block]:
    """The blocks of a page's record, in document order: what is seen of the texts of one holder (the nearest ``p``,
    ``div``, ``a``, ``li``, ... around them) is one block. Blocks in one place are one block.

    ``record`` holds ``picture`` [width, height] and ``texts``: ``holder``, ``text``, ``color`` as painted, and
    ``lines``, the boxes [left, top, right, bottom] of the ink that can be seen, px.
    """
    width, height = (max(float(side), 1.0) for side in record["picture"])
    holders: dict[Any, list[Mapping[str, Any]]] = {}
    for place, text in enumerate(record["texts"]):
        if text["lines"] and text["text"].strip() and text.get("tag") not in FIELDS:
            holders.setdefault(text.get("holder") or ("alone", place), []).append(text)
    found = []
    for texts in holders.values():
        left, top, right, bottom = (np.array(side) for side in zip(*(line for text in texts for line in text["lines"])))
        box = (left.min() / width, top.min() / height)
        box = tuple(float(v) for v in (*box, (right.max() - left.min()) / width, (bottom.max() - top.min()) / height))
        found += [Block(text["text"].strip(), box, _rgb(text["color"])) for text in texts]
    return in_one_place(found)


def _rgb(color: str) -> tuple[float, float, float]:
    """``#rrggbb``; black where the renderer could not tell (letters filled with a picture)."""
    color = color or "#000000"
    return tuple(float(int(color[i : i + 2], 16)) for i in (1, 3, 5))


def in_one_place(blocks: Sequence[Block]) -> list[Block]:
    """Blocks with the very same box become one: words joined by a space, colours halved step by step."""
    merged: dict[tuple, Block] = {}
    for block in blocks:
        if (known := merged.get(block.box)) is None:
            merged[block.box] = block
        else:
            color = tuple((a + b) / 2 for a, b in zip(known.color, block.color))
            merged[block.box] = Block(f"{known.text} {block.text}", block.box, color)
    return list(merged.values())


def match(drawn: Sequence[Block], wanted: Sequence[Block]) -> tuple[list[Block], list[Block], list[Pair]]:
    """The blocks of both sides after merging, and the pairs among them. Blocks beyond MAX_BLOCKS are not looked at for
    a partner and stand behind the others, unmerged."""
    table = _Table(drawn[:MAX_BLOCKS], wanted[:MAX_BLOCKS])
    if table.drawn and table.wanted:
        while any([table.merge_drawn(), table.merge_wanted()]):
            pass
    pairs = table.pairs() if table.drawn and table.wanted else []
    return [*table.drawn, *drawn[MAX_BLOCKS:]], [*table.wanted, *wanted[MAX_BLOCKS:]], pairs


class _Table:
    """Two lists of blocks and the similarity of every pair, (drawn, wanted)."""

    def __init__(self, drawn: Sequence[Block], wanted: Sequence[Block]) -> None:
        self.drawn, self.wanted = list(drawn), list(wanted)
        self._known: dict[tuple[str, str], float] = {}
        self._matchers: dict[str, SequenceMatcher] = {}
        self.alike = np.array([[self._ratio(d, w) for w in self.wanted] for d in self.drawn])
        self.alike = self.alike.reshape(len(self.drawn), len(self.wanted))

    def merge_drawn(self) -> bool:
        """Merge neighbours of the drawn side where that pays; whether anything was merged."""
        return self._merge(self.drawn, rows=True)

    def merge_wanted(self) -> bool:
        return self._merge(self.wanted, rows=False)

    def pairs(self) -> list[Pair]:
        """The best assignment, neighbours of good pairs preferred; pairs that are not half alike are dropped."""
        rows, columns = linear_sum_assignment(-_with_context(self.alike))
        found = (Pair(int(i), int(j), float(self.alike[i, j])) for i, j in zip(rows, columns))
        return [pair for pair in found if pair.similarity >= HALF]

    def _merge(self, blocks: list[Block], *, rows: bool) -> bool:
        """One round over one side: every two neighbours are tried, the gainful ones are merged, best first."""
        alike = self.alike if rows else self.alike.T
        before, trials = _assigned(alike), []
        for i in range(len(blocks) - 1):
            joined = _joined(blocks[i], blocks[i + 1])
            row = np.array([self._ratio(joined, o) if rows else self._ratio(o, joined) for o in self._others(rows)])
            trial = np.delete(alike, i + 1, axis=0)
            trial[i] = row
            if (gain := _gain(before, _assigned(trial))) > MERGE_GAIN:
                trials.append((gain, i, joined, row))
        if not trials:
            return False
        alike, gone, taken = alike.copy(), [], set()
        for _, i, joined, row in sorted(trials, key=lambda trial: -trial[0]):
            if not taken & {i, i + 1}:
                taken |= {i, i + 1}
                blocks[i], alike[i] = joined, row
                gone.append(i + 1)
        alike = np.delete(alike, gone, axis=0)
        for i in sorted(gone, reverse=True):
            del blocks[i]
        self.alike = alike if rows else alike.T
        return True

    def _others(self, rows: bool) -> list[Block]:
        return self.wanted if rows else self.drawn

    def _ratio(self, drawn: Block, wanted: Block) -> float:
        one, other = drawn.text[:MAX_CHARS], wanted.text[:MAX_CHARS]
        if one == other:
            return 1.0
        if (one, other) not in self._known:
            if other not in self._matchers:  # the second text is the one that is prepared
                self._matchers[other] = SequenceMatcher(None, "", other)
            matcher = self._matchers[other]
            matcher.set_seq1(one)
            self._known[one, other] = matcher.ratio()
        return self._known[one, other]


def _joined(one: Block, other: Block) -> Block:
    left, top = min(one.box[0], other.box[0]), min(one.box[1], other.box[1])
    right = max(one.box[0] + one.box[2], other.box[0] + other.box[2])
    bottom = max(one.box[1] + one.box[3], other.box[1] + other.box[3])
    color = tuple((a + b) // 2 for a, b in zip(one.color, other.color))
    return Block(f"{one.text} {other.text}", (left, top, right - left, bottom - top), color)


def _assigned(alike: np.ndarray) -> list[float]:
    """The similarities of the best assignment."""
    rows, columns = linear_sum_assignment(alike, maximize=True)
    return alike[rows, columns].tolist()


def _gain(before: list[float], after: list[float]) -> float:
    """By how much the mean similarity of the pairs that changed has risen; 0 where the rise leaves the best of them
    worse than it was."""
    old, new = Counter(before), Counter(after)
    common = old & new
    old, new = list((old - common).elements()), list((new - common).elements())
    gain = (sum(new) / len(new) if new else 0.0) - (sum(old) / len(old) if old else 0.0)
    return gain if gain <= 0 or max(new) > max(old, default=0.0) else 0.0


def _with_context(alike: np.ndarray) -> np.ndarray:
    """Pairs more than half alike gain CONTEXT_BONUS times the two most similar pairs among their eight neighbours."""
    result = alike.copy()
    for i, j in zip(*np.nonzero(alike > HALF)):
        near = np.sort(alike[max(i - 1, 0) : i + 2, max(j - 1, 0) : j + 2], axis=None)
        near = np.delete(near, np.searchsorted(near, alike[i, j]))  # without the pair itself
        result[i, j] += CONTEXT_BONUS * near[-2:].sum()
    return result
