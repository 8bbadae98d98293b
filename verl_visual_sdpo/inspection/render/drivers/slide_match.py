"""Which painted pieces of text are which paragraph.

LibreOffice paints shapes, paragraphs and lines in order, and begins a new piece with every line and every change of
font. So a paragraph is a run of whole pieces that spells it, and of several such runs the one that lies nearest to its
frame, then the next one in the order of painting.
"""

from __future__ import annotations

import itertools
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from slide_frames import Quad
from slide_pdf import Piece, Point, enclosing

_KEY = 3
"""Letters by which runs are looked up."""
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
    """The letters alone, as they can be compared: no space, no case, no ligature."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if not c.isspace() and c not in "\u00ad\u200b\u200c\u200d\ufeff")


def match(wanted: Sequence[Wanted], pieces: Sequence[Piece]) -> list[list[int]]:
    """For each paragraph the indices of its pieces, in the order of painting; empty where it was not painted."""
    letters = [spelled(piece.text) for piece in pieces]
    offsets = [0, *itertools.accumulate(map(len, letters))]
    whole = "".join(letters)
    ends = {offset + len(text): index + 1 for index, (offset, text) in enumerate(zip(offsets, letters)) if text}
    starts: dict[str, list[int]] = defaultdict(list)
    for index, text in enumerate(letters):
        if text:
            starts[whole[offsets[index] : offsets[index] + _KEY]].append(index)
    free, cursor, found = [True] * len(pieces), 0, []
    for paragraph in wanted:
        text = spelled(paragraph.text)
        runs = [
            range(first, ends[offsets[first] + len(text)])
            for first in (starts.get(text[:_KEY], ()) if len(text) >= _KEY else _short(starts, text))
            if whole.startswith(text, offsets[first]) and offsets[first] + len(text) in ends
        ]
        runs = [run for run in runs if all(free[i] for i in run)] if text else []
        if not runs:
            found.append([])
            continue
        best = min(runs, key=lambda run: (_away(paragraph.frame, [pieces[i] for i in run]), run[0] < cursor, run[0]))
        for index in best:
            free[index] = False
        cursor = best[-1] + 1
        found.append([i for i in best if letters[i]])
    return found


def _short(starts: dict[str, list[int]], text: str) -> list[int]:
    return sorted(index for key, indices in starts.items() if key.startswith(text) for index in indices)


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
