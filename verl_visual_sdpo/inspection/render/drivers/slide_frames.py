"""A frame: what a deck declares of one shape, its box in px of the picture, what it holds; and its paragraphs' words.

Boxes are those before rotation; rotation is in degrees counter-clockwise, groups are worked in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pptx.oxml.ns import qn
from slide_theme import TextStyle

Quad = tuple[float, float, float, float]


@dataclass
class Frame:
    """One shape, table cell or the slide itself. ``box`` is (left, top, right, bottom) in px before rotation; ``part``
    and ``elements`` say which XML it is: its subtrees in the part, of which ``owned`` is the one that makes it."""

    kind: str
    box: Quad
    part: str
    element: Any
    degrees: float = 0.0
    parent: Frame | None = None
    style: dict[str, Any] = field(default_factory=dict)
    body: Any = None  # p:txBody or a:txBody
    text_kind: str = "text"
    text_style: TextStyle | None = None
    painted: list[Any] = field(default_factory=list)  # its lines of text, as painted
    bases: tuple[tuple[str, Any], ...] = ()  # (part, element) of the placeholders it goes back to
    more: tuple[Any, ...] = ()  # further elements of the same part whose writes concern it (column, row)
    chart_part: str = ""

    @property
    def center(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Start-top, end-top, end-bottom, start-bottom, turned."""
        left, top, right, bottom = self.box
        return tuple(self.turned(p) for p in ((left, top), (right, top), (right, bottom), (left, bottom)))

    def turned(self, point: tuple[float, float], back: bool = False) -> tuple[float, float]:
        """A point of the unturned frame where the rotation puts it (``back``: the other way round)."""
        if not self.degrees:
            return point
        turn = math.radians(-self.degrees if back else self.degrees)
        (cx, cy), (x, y) = self.center, point
        return (
            cx + (x - cx) * math.cos(turn) + (y - cy) * math.sin(turn),
            cy - (x - cx) * math.sin(turn) + (y - cy) * math.cos(turn),
        )


@dataclass(frozen=True)
class Place:
    """What a group does to its children: EMU to px, then a turn about its own centre."""

    scale: tuple[float, float]
    shift: tuple[float, float]
    degrees: float = 0.0
    center: tuple[float, float] = (0.0, 0.0)
    flip: tuple[bool, bool] = (False, False)
    outer: Place | None = None

    def box(self, left: float, top: float, width: float, height: float, degrees: float) -> tuple[Quad, float]:
        x, y = self.shift[0] + left * self.scale[0], self.shift[1] + top * self.scale[1]
        w, h = width * self.scale[0], height * self.scale[1]
        place: Place | None = self
        cx, cy = x + w / 2, y + h / 2
        while place is not None:
            px, py = place.center
            cx = 2 * px - cx if place.flip[0] else cx
            cy = 2 * py - cy if place.flip[1] else cy
            turn = math.radians(place.degrees)
            cx, cy = (
                px + (cx - px) * math.cos(turn) + (cy - py) * math.sin(turn),
                py - (cx - px) * math.sin(turn) + (cy - py) * math.cos(turn),
            )
            degrees += place.degrees
            place = place.outer
        return (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), degrees


def upright(degrees: float) -> float:
    """The same turn in (-180, 180]."""
    turned = math.fmod(degrees, 360.0)
    return turned - 360.0 if turned > 180.0 else turned + 360.0 if turned <= -180.0 else turned


def paragraphs(body: Any) -> Iterator[Any]:
    """The ``a:p`` of a text body."""
    return body.iterchildren(qn("a:p")) if body is not None else iter(())


def text_of(paragraph: Any, number: int) -> str:
    """What a paragraph says: runs, breaks, fields; ``number`` is the slide's, for a field that shows it."""
    parts = []
    for child in paragraph:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        found = child.find(qn("a:t")) if name in ("r", "fld") else None
        if name == "br":
            parts.append("\n")
        elif name == "fld" and child.get("type") == "slidenum":
            parts.append(str(number))
        elif found is not None:
            parts.append(found.text or "")
    return "".join(parts)
