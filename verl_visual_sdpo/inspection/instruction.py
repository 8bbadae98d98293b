"""What an instruction for slides asks for: its points, and how many slides, charts and tables.

No model reads it. Points are its list items; without a list its sentences; what is left of each are the words that say
something, cut to stems, without the words by which people speak about slides ("create", "bullet", "title").

Example: ``"Make a slide about solar power: - panel prices fell - storage is the bottleneck"`` asks for
{solar, power}, {panel, price, fell}, {storag, bottle}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

STEM = 6  # letters
FEWEST_WORDS, MOST_WORDS = 12, 60  # different words asked for, however short or long the instruction is
PER_WORD = 1.0  # different words asked for, for each that says something in the instruction
LONGEST = 8000  # characters that are read
NEAR = 2

_NUMBERS = dict(one=1, two=2, three=3, four=4, five=5, six=6, seven=7, eight=8, nine=9, ten=10)  # noqa: C408
_SLIDES = re.compile(r"\b(\d{1,2}|" + "|".join(_NUMBERS) + r")[- ](?:\w+ )?slides?\b", re.I)
_ITEM = re.compile(r"^\s*(?:[-*•–]|\(?\d{1,2}[.):])\s+(.+)$")
_WORD = re.compile(r"[^\W_]+(?:[.,]\d+)?")
_ASKED = {
    "chart": re.compile(r"\b(?:charts?|graphs?|histograms?|bar plots?|line plots?)\b", re.I),
    "table": re.compile(r"\btables?\b(?! of contents)", re.I),
}
_STOP_WORDS = """
a an the and or but of in on at to for from by with without as is are was were be been being it its this that these
those there their they we our you your i my he she his her them not no nor so than then too very can could should
would will shall may might must do does did done have has had having into over under about between across per each
all any some more most other such only own same also which who whom whose what when where why how if while both use
using used include including includes contain containing contains show showing shows make makes making create
creating write writing design designing generate build please need needs want like following follows given based
slide slides deck decks presentation presentations powerpoint pptx python program code title titles titled subtitle
heading bullet bullets bulleted point points item items list text layout page chart charts graph graphs table tables
picture pictures image images photo color colors colour font fonts size background left right top bottom column
columns row rows section one two three four five six answer block complete inches wide high audience topic cover add
put place present clear clean simple modern professional concise short brief visually appealing well
"""
_STOP = frozenset(_STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Wanted:
    """``points`` as sets of stems; ``words``: how many different ones a full answer has at least; ``kinds``: charts,
    tables, pictures asked for; ``slides``: how many (0: nothing is said); ``follows``: see :func:`followers`."""

    points: tuple[frozenset[str], ...] = ()
    words: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    slides: int = 0
    follows: frozenset[tuple[str, str]] = frozenset()


def wanted_of(instruction: str) -> Wanted:
    """What an instruction asks for; nothing for an empty one."""
    text = instruction[:LONGEST]
    if not text.strip():
        return Wanted()
    points = tuple(found for part in _parts(text) if (found := stems(part)))
    content = frozenset().union(*points) if points else frozenset()
    words = min(max(round(PER_WORD * len(content)), FEWEST_WORDS), MOST_WORDS)
    kinds = {kind: 1 for kind, pattern in _ASKED.items() if pattern.search(text)}
    return Wanted(points, words, kinds, _slides(text), followers(_parts(text)))


def stems(text: str) -> frozenset[str]:
    """The words of a text that say something, each cut to its stem; two letters at least, or a number."""
    return frozenset(sequence(text))


def sequence(text: str) -> list[str]:
    """The same in their order."""
    words = (word.casefold() for word in _WORD.findall(text))
    return [stem(w) for w in words if w not in _STOP and (len(w) > 1 or w.isdigit())]


def followers(parts: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Pairs of stems of which the second is one of the ``NEAR`` that come next after the first in a part."""
    rows = [sequence(part) for part in parts]
    return frozenset((a, b) for row in rows for n, a in enumerate(row) for b in row[n + 1 : n + 1 + NEAR] if a != b)


def stem(word: str) -> str:
    """Crude, the same for both sides: no plural, no more than six letters."""
    if word[:1].isdigit():
        return word
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        word = word[:-1]
    return word[:STEM]


def _parts(text: str) -> list[str]:
    lines = text.splitlines()
    items = [match.group(1) for line in lines if (match := _ITEM.match(line))]
    if len(items) >= 2:
        rest = " ".join(line for line in lines if not _ITEM.match(line))
        return [*_sentences(rest), *items]
    return _sentences(text)


def _sentences(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.!?;])\s+|\n+|:\s", text) if part.strip()]


def _slides(text: str) -> int:
    found = _SLIDES.search(text)
    if not found:
        return 0
    number = found.group(1).casefold()
    return _NUMBERS.get(number) or int(number)
