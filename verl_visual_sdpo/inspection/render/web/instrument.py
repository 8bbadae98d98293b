"""The source made to say, in the browser, what is behind everything on the page.

Two kinds of marks go in, both with names that are drawn anew for every rendering:

- an attribute on every start tag, its value the id of the statement: what the parser makes of the tag, wherever it puts
  it, carries the id along;
- beside every declaration of a property that matters, a custom property of its own with the id as value. It stands in
  the same rule, with the same importance, and so wins or loses with the declaration: the browser's own cascade (layers,
  specificity, media, nesting) says which declaration decided. They are registered as not inheriting (see ``page.py``).

Nothing is inserted into texts or scripts, and a mark changes neither layout nor paint.
"""

from __future__ import annotations

import bisect
import secrets
from collections.abc import Collection
from dataclasses import dataclass

from verl_visual_sdpo.inspection.program.html import Piece, pieces
from verl_visual_sdpo.inspection.render.web.properties import longhands


@dataclass(frozen=True, slots=True)
class Instrumented:
    """``text`` is what the browser reads; ``attribute`` the name of the mark on tags; ``marks`` maps a longhand to the
    name of its custom property, for those that are declared somewhere."""

    text: str
    attribute: str
    marks: dict[str, str]
    _positions: tuple[int, ...]  # in ``text``, where something was inserted
    _lengths: tuple[int, ...]  # summed lengths of the insertions up to there, inclusive

    def original(self, offset: int) -> int:
        """Where an offset of ``text`` lies in the source."""
        index = bisect.bisect_right(self._positions, offset) - 1
        if index < 0:
            return offset
        before = self._lengths[index - 1] if index else 0
        inserted = self._lengths[index] - before
        return offset - before - min(inserted, offset - self._positions[index])


def declared(source: str) -> list[tuple[str, str]]:
    """(property, value) of every declaration that may be marked, each pair once."""
    found = {
        (p.css.name, p.value): None
        for p in pieces(source)
        if p.css is not None and p.css.styles and longhands(p.css.name)
    }
    return list(found)


def instrument(source: str, invalid: Collection[tuple[str, str]] = ()) -> Instrumented:
    """Mark a source. ``invalid`` are declarations (as :func:`declared` gives them) that the browser would drop: they
    win nothing, so they are not marked."""
    token = "v" + secrets.token_hex(4)
    names: dict[str, str] = {}
    inserted: list[tuple[int, str]] = []
    for number, piece in enumerate(pieces(source)):
        if piece.kind == "StartTag":
            inserted.append((piece.token.name_end, f' {token}="{number}"'))
        elif piece.css is not None and piece.css.styles and (piece.css.name, piece.value) not in invalid:
            inserted.append((piece.end, _marks(piece, number, token, names)))
    parts, positions, lengths, last, total = [], [], [], 0, 0
    for position, text in sorted((i for i in inserted if i[1]), key=lambda i: i[0]):
        parts += [source[last:position], text]
        positions.append(position + total)
        total, last = total + len(text), position
        lengths.append(total)
    parts.append(source[last:])
    return Instrumented("".join(parts), token, names, tuple(positions), tuple(lengths))


def _marks(piece: Piece, number: int, token: str, names: dict[str, str]) -> str:
    marks = ""
    for longhand in longhands(piece.css.name):
        name = names.setdefault(longhand, f"--{token}{len(names)}")
        marks += f"{name}:{number}{'!important' if piece.css.important else ''};"
    return marks if piece.css.closed or not marks else f";{marks}"
