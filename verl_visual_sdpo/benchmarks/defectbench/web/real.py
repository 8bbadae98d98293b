"""Real pages as clean ones: a folder of them, made to stand still, and those left out that cannot be measured fairly.

A page is left out only for what it is *before* anything is planted: it is very long (style sheets, mostly, which cost
time alone), says too little, is too tall for the picture, or the bench's browser and the renderer place its texts
differently (their places would then be compared in vain). No detector is asked, and all texts that occur once are
compared, so that leaving out hides no miss; how many were left out and why is printed with the table.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.web.still import still
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.geometry import union
from verl_visual_sdpo.types import Box, Rendering

LONGEST = 200_000  # characters of a page that is taken
TALLEST = 9000  # px of a page that is taken
FEWEST = 8  # texts that can be compared
SLACK = 2.5  # px that both may differ by
ODD = 0.02  # part of the texts that may differ by more
ORDERS = 4
TEXTS = frozenset({"text", "heading", "link-text", "button-text"})


class Folder:
    """The pages below a folder. Raises InvalidInputError where there are none."""

    def __init__(self, path: Path) -> None:
        self.path, self._files = path, sorted(path.rglob("*.html"))
        if not self._files:
            raise InvalidInputError(f"--source {path} holds no .html file; give a folder of pages")

    def name(self, seed: int, purpose: str, number: int) -> str | None:
        """Of the ``number``-th page for a purpose; None behind the last.

        A seed has ``ORDERS`` random orders, and each purpose one of them: looking at a real page takes seconds.
        """
        if number >= len(self._files):
            return None
        order = list(self._files)
        random.Random(f"{seed}/{sum(map(ord, purpose)) % ORDERS}").shuffle(order)
        return str(order[number].relative_to(self.path))

    def source(self, name: str) -> str:
        """The page of a name, made to stand still."""
        return still((self.path / name).read_text(encoding="utf-8-sig", errors="replace"))


def unfit(facts: Facts, rendering: Rendering) -> str | None:
    """Why an unplanted page is not taken; None where it is."""
    if not rendering.scenes:
        return f"the renderer shows nothing of it ({rendering.execution.status})"
    if facts.height > TALLEST:
        return f"taller than {TALLEST} px"
    ours, theirs = _once(_texts_of(facts)), _once(_texts_shown(rendering))
    both = ours.keys() & theirs.keys()
    if len(both) < FEWEST:
        return f"fewer than {FEWEST} texts to compare"
    odd = sum(_apart(ours[text], theirs[text]) > SLACK for text in both)
    return "laid out otherwise by the renderer" if odd > ODD * len(both) else None


def _texts_of(facts: Facts) -> Iterator[tuple[str, Box]]:
    for thing in facts.things.values():
        first = 0
        for text, count in thing.runs:
            if thing.shown:
                yield text, union(thing.lines[first : first + count])
            first += count


def _texts_shown(rendering: Rendering) -> Iterator[tuple[str, Box]]:
    for element in rendering.scenes[0].elements:
        if element.kind in TEXTS:
            yield element.text, element.box


def _once(texts: Iterable[tuple[str, Box]]) -> dict[str, Box]:
    """Boxes of the texts that occur once, whatever their blanks and capitals."""
    found: defaultdict[str, list[Box]] = defaultdict(list)
    for text, box in texts:
        found[" ".join(text.split()).casefold()].append(box)
    return {text: boxes[0] for text, boxes in found.items() if len(boxes) == 1}


def _apart(a: Box, b: Box) -> float:
    return max(abs(a.left - b.left), abs(a.top - b.top), abs(a.right - b.right), abs(a.bottom - b.bottom))
