"""Which painted pieces of text are which paragraph.

LibreOffice paints shapes, paragraphs and lines in order, and begins a new piece with every line and every change of
font. So a paragraph is a run of whole pieces that spells it, and of several such runs the one that lies nearest to its
frame, then the next one in the order of painting.

Only letters and digits are compared, where a paragraph has any: of a PDF's symbols and emoji many cannot be read back,
and a hyphen at the end of a line is read as something else.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slide_frames import Quad
from slide_pdf import Piece, Point, enclosing

_KEY = 3
"""Characters by which runs are looked up."""
_KEYCAP = re.compile(r"[0-9#*]\s*(?:\ufe0f\u20e3?|\u20e3)")
_SAME_LINE = 0.4
"""Em by which the feet of two pieces of one line may differ (raised and lowered letters)."""
_BULLET = 4
"""Letters of the longest bullet or number in front of a paragraph."""


@dataclass(frozen=True)
class Wanted:
    """A paragraph to be found: its text, and the upright extent of its frame in px."""

    text: str
    frame: Quad


def spelled(text: str) -> str:
    """The characters as they can be compared: no space, no case, no ligature."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if not c.isspace() and c not in "\u00ad\u200b\u200c\u200d\ufeff")


def words(text: str) -> str:
    """The letters and digits alone, as they can be compared; a digit on a key is a symbol."""
    return "".join(c for c in spelled(_KEYCAP.sub("", text)) if c.isalnum())


class _Runs:
    """Finds runs of whole pieces that spell a text, by one way of spelling."""

    def __init__(self, pieces: Sequence[Piece], spell: Callable[[str], str]) -> None:
        self._spell = spell
        letters = [spell(piece.text) for piece in pieces]
        self._offsets = [0, *itertools.accumulate(map(len, letters))]
        self._whole = "".join(letters)
        self._ends = {at + len(text): n + 1 for n, (at, text) in enumerate(zip(self._offsets, letters)) if text}
        self._starts: dict[str, list[int]] = defaultdict(list)
        for index, text in enumerate(letters):
            if text:
                self._starts[self._whole[self._offsets[index] : self._offsets[index] + _KEY]].append(index)

    def of(self, text: str) -> list[range]:
        text, at = self._spell(text), self._offsets
        firsts = self._starts.get(text[:_KEY], ()) if len(text) >= _KEY else self._short(text)
        fits = [n for n in firsts if self._whole.startswith(text, at[n]) and at[n] + len(text) in self._ends]
        return [range(n, self._ends[at[n] + len(text)]) for n in fits] if text else []

    def _short(self, text: str) -> list[int]:
        return sorted(index for key, indices in self._starts.items() if key.startswith(text) for index in indices)


def match(wanted: Sequence[Wanted], pieces: Sequence[Piece]) -> list[list[int]]:
    """For each paragraph the indices of its pieces, in the order of painting; empty where it was not painted."""
    by_words, by_symbols = _Runs(pieces, words), _Runs(pieces, spelled)
    free, cursor, found = [True] * len(pieces), 0, []
    for paragraph in wanted:
        runs = (by_words if words(paragraph.text) else by_symbols).of(paragraph.text)
        runs = [run for run in runs if all(free[i] for i in run)]
        if not runs:
            found.append([])
            continue
        best = min(runs, key=lambda run: (_away(paragraph.frame, [pieces[i] for i in run]), run[0] < cursor, run[0]))
        run = _with_symbols(paragraph.text, best, pieces, free)
        for index in run:
            free[index] = False
        cursor = run[-1] + 1
        found.append([i for i in run if spelled(pieces[i].text)])
    return found


def _with_symbols(text: str, run: range, pieces: Sequence[Piece], free: Sequence[bool]) -> range:
    """The run with the pieces beside it on its lines that are the symbols its text begins or ends with."""
    first, last = run[0], run[-1]
    here = "".join(spelled(pieces[i].text) for i in run)
    before = _symbols(spelled(text)).removesuffix(_symbols(here))
    after = _symbols(spelled(text)[::-1])[::-1].removeprefix(_symbols(here[::-1])[::-1])
    while first > 0 and free[first - 1] and _joins(pieces[first - 1], pieces[first]):
        symbols = spelled(pieces[first - 1].text)
        if not symbols or not before.endswith(symbols):
            break
        first, before = first - 1, before.removesuffix(symbols)
    while last + 1 < len(pieces) and free[last + 1] and _joins(pieces[last], pieces[last + 1]):
        symbols = spelled(pieces[last + 1].text)
        if not symbols or not after.startswith(symbols):
            break
        last, after = last + 1, after.removeprefix(symbols)
    return range(first, last + 1)


def _symbols(text: str) -> str:
    """What stands before the first letter or digit; nothing where there is none."""
    at = next((n for n, c in enumerate(text) if c.isalnum()), 0)
    return text[:at]


def _away(frame: Quad, run: Sequence[Piece]) -> float:
    """How far the middle of a run lies outside a frame, in frames of its size; 0 inside and up to half a frame off."""
    points = [point for piece in run for point in piece.ink]
    x = (min(p[0] for p in points) + max(p[0] for p in points)) / 2
    y = (min(p[1] for p in points) + max(p[1] for p in points)) / 2
    wide, high = max(frame[2] - frame[0], 1.0), max(frame[3] - frame[1], 1.0)
    out = max(frame[0] - x, x - frame[2], 0.0) / wide + max(frame[1] - y, y - frame[3], 0.0) / high
    return 0.0 if out <= 0.5 else round(out)


@dataclass(frozen=True)
class Line:
    """One painted line: corners around its ink, and from ascent to descent."""

    ink: tuple[Point, ...]
    line: tuple[Point, ...]


def lines(run: Sequence[Piece]) -> list[Line]:
    """The pieces of a paragraph, in order, joined to lines."""
    groups: list[list[Piece]] = []
    for piece in run:
        if groups and _joins(groups[-1][-1], piece):
            groups[-1].append(piece)
        else:
            groups.append([piece])
    found = []
    for group in groups:
        degrees = group[0].degrees
        ink = enclosing([p for piece in group for p in piece.ink], degrees)
        found.append(Line(ink, enclosing([p for piece in group for p in piece.line], degrees)))
    return found


def _joins(before: Piece, piece: Piece) -> bool:
    """Whether a piece goes on in the line of the one before it."""
    if abs(before.degrees - piece.degrees) > 1.0:
        return False
    x0, y0 = before.line[3]
    start, end = before.line[3], before.line[2]
    long = max(((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5, 1e-6)
    u = ((end[0] - start[0]) / long, (end[1] - start[1]) / long)
    dx, dy = piece.line[3][0] - x0, piece.line[3][1] - y0
    along, across = dx * u[0] + dy * u[1], abs(-dx * u[1] + dy * u[0])
    return across < _SAME_LINE * max(before.size, piece.size) and along > -0.5 * piece.size


def bullets(pieces: Sequence[Piece], unused: Sequence[int], found: Sequence[Sequence[int]]) -> set[int]:
    """Those of the unused pieces that are a bullet or number: short, painted just before the first line it leads."""
    firsts = {run[0] for run in found if run}
    return {
        index
        for index in unused
        if len(pieces[index].text.strip()) <= _BULLET
        and (index + 1 in firsts)
        and _joins(pieces[index], pieces[index + 1])
    }
