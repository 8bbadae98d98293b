"""How each kind of defect is written into a program of another hand: one literal of it changed, or one line added.

A planter names the property that it would change and, for a shape that depends on a slot, the value that would spoil
it. Whether it shows is for ``seen.py``.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from verl_visual_sdpo.benchmarks.defectbench.editing import Edit
from verl_visual_sdpo.benchmarks.defectbench.slide import slots as s
from verl_visual_sdpo.benchmarks.defectbench.slide.decks import sentence
from verl_visual_sdpo.benchmarks.defectbench.slide.gauge import Facts, Shape
from verl_visual_sdpo.benchmarks.defectbench.slide.seen import CONTENT, ground, is_list, lines_of, rows

Value = float | str | tuple[int, int, int]
Aim = Callable[[Facts, Shape, str, random.Random], Iterator[tuple[str, Value]]]
"""(page, shape, property, chance) -> what a person did, and the value that the property is to have."""


@dataclass(frozen=True, slots=True)
class Planter:
    """``role`` of the slots that it changes, ``props`` the properties that must depend on them; ``room``: whether a
    shape could be spoilt so at all; ``alone``: only slots on which one shape depends."""

    role: str
    props: tuple[str, ...]
    aim: Aim
    room: Callable[[Shape], bool]
    alone: bool = False


def _text(facts: Facts, shape: Shape) -> bool:
    return bool(lines_of(facts, shape))


def on_another_text(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    mine = [box for _, box in lines_of(facts, shape)][:1]
    for other in facts.shapes:
        for _, there in lines_of(facts, other)[:1] if mine and other is not shape else ():
            here = mine[0]
            wide = min(here.right, there.right) - max(here.left, there.left)
            high = min(here.bottom, there.bottom) - max(here.top, there.top)
            if prop == "top" and wide > 0.5 * min(here.width, there.width):
                yield "on another text", shape.box.top + there.top - here.top + rng.uniform(0, 0.2) * there.height
            if prop == "left" and high > 0.6 * min(here.height, there.height):
                yield "on another text", shape.box.left + there.left - here.left + rng.uniform(4, 20)


def content_on_text(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    for other in facts.shapes if shape.kind in CONTENT else ():
        for _, line in lines_of(facts, other)[:1]:
            aside = min(line.right, shape.box.right) > max(line.left, shape.box.left) + 20
            level = min(line.bottom, shape.box.bottom) > max(line.top, shape.box.top) + 5
            if prop == "top" and aside and not level:
                yield "onto words", line.top - rng.uniform(0.1, 0.3) * shape.box.height
            if prop == "left" and level and not aside:
                yield "onto words", line.left - rng.uniform(0.1, 0.3) * shape.box.width


def too_low(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    lines = [box for _, box in lines_of(facts, shape)]
    if shape.kind != "card" or not lines:
        return
    if prop == "height":
        yield "too low a card", 0.4 * (max(b.bottom for b in lines) - min(b.top for b in lines))
    elif prop == "size":
        yield "too large a font", s.current(shape, "size") * rng.choice((3, 3.5))


def too_many(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    if not is_list(shape):
        return
    if prop == "size":
        yield "too large a font", s.current(shape, "size") * rng.choice((2.5, 3))
    elif prop == "text":
        yield "too long a point", ". ".join(sentence(rng, True) for _ in range(14))


def beyond(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    part = rng.uniform(0.4, 0.7)
    if shape.kind not in CONTENT and not _text(facts, shape):
        return
    if prop == "left":
        yield "too far right", facts.size[0] - part * shape.box.width
        yield "negative place", -part * 0.5 * shape.box.width
    if prop == "top" and shape.kind in CONTENT:
        yield "too far down", facts.size[1] - part * shape.box.height


def at_the_edge(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    lines = [box for _, box in lines_of(facts, shape)]
    if shape.kind == "card" or not (lines or shape.kind in CONTENT):
        return
    if prop == "left":
        inner = min((box.left for box in lines), default=shape.box.left) - shape.box.left
        yield "at the left edge", 4 - inner
    if prop == "top" and lines:
        yield "at the upper edge", 3 - (min(box.top for box in lines) - shape.box.top)


def near_ground(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    for _, box in lines_of(facts, shape)[:1]:
        base = ground(facts, box)
        step = rng.randrange(8, 34) * (-1 if sum(base) > 380 else 1)
        yield "nearly the ground's color", tuple(min(max(value + step, 0), 255) for value in base)


def too_small(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    if _text(facts, shape) and s.current(shape, "size") > 6:
        yield "tiny font", rng.choice((3, 4, 5)) * _inches(facts)


def _inches(facts: Facts) -> float:
    """Sizes that look alike on slides of 10 and of 13.333 inches: the picture is as wide."""
    return 1.0 if facts.size[0] / facts.size[1] > 1.5 else 0.75


def squash(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    if shape.file_ratio:
        word = "too low" if prop == "height" else "too narrow"
        yield word, getattr(shape.box, prop) * rng.choice((0.35, 0.45, 0.55))


def off_its_line(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    if any(item is shape for item, _ in rows(facts.shapes)):
        by = rng.choice((-1, 1)) * rng.uniform(10, 28)
        yield "off its line" if prop == "top" else "off its place", getattr(shape.box, prop) + by


def a_wall(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    if shape.box.width > 0.3 * facts.size[0] and shape.box.height > 0.25 * facts.size[1]:
        yield "a wall of text", ". ".join(sentence(rng, True) for _ in range(24))


def harmless(facts: Facts, shape: Shape, prop: str, rng: random.Random) -> Iterator[tuple[str, Value]]:
    """Changes without a defect."""
    if prop == "size":
        yield "a little smaller", max(0.92 * s.current(shape, "size"), 13.0)
    elif prop == "text":
        yield "other words", " ".join(reversed(shape.words.splitlines()[0].split()))[: len(shape.words)]
    elif prop in ("left", "top"):
        yield "a hair aside", getattr(shape.box, prop) + 1.0


def _said(shape: Shape) -> bool:
    return bool(shape.words.strip())


def _content(shape: Shape) -> bool:
    return shape.kind in CONTENT


def _any(shape: Shape) -> bool:
    return _said(shape) or _content(shape)


def _card(shape: Shape) -> bool:
    return shape.kind == "card" and _said(shape)


def _picture(shape: Shape) -> bool:
    return shape.file_ratio > 0


_PLACE = ("left", "top")
PLANTERS: dict[str, Sequence[Planter]] = {
    "overlapping-text": [Planter(s.NUMBER, _PLACE, on_another_text, _said)],
    "overlapping-content": [Planter(s.NUMBER, _PLACE, content_on_text, _content)],
    "overflowing-shape": [Planter(s.NUMBER, ("height", "size"), too_low, _card)],
    "overflowing-bullets": [
        Planter(s.NUMBER, ("size",), too_many, is_list),
        Planter(s.TEXT, ("text",), too_many, is_list),
    ],
    "off-slide": [Planter(s.NUMBER, _PLACE, beyond, _any)],
    "no-margin": [Planter(s.NUMBER, _PLACE, at_the_edge, _any)],
    "faint-text": [Planter(s.COLOR, ("color",), near_ground, _said)],
    "tiny-text": [Planter(s.NUMBER, ("size",), too_small, _said)],
    "squashed-picture": [Planter(s.NUMBER, ("width", "height"), squash, _picture)],
    "shifted-item": [Planter(s.NUMBER, ("top",), off_its_line, _any, alone=True)],
    "uneven-gap": [Planter(s.NUMBER, ("left",), off_its_line, _any, alone=True)],
    "wall-of-text": [Planter(s.TEXT, ("text",), a_wall, _said)],
}
CONTROLS = (
    Planter(s.NUMBER, ("size", "left", "top"), harmless, _any),
    Planter(s.TEXT, ("text",), harmless, _said),
)


def covers(slots: s.Slots) -> Iterator[tuple[str, str, Edit]]:
    """A shape over every text box that a statement makes and names, in a line after it: (change, mechanism, edit)."""
    for call in slots.source.named("add_textbox", "add_shape"):
        target = call.statement.targets[0] if isinstance(call.statement, ast.Assign) else None
        if isinstance(target, ast.Name) and call.statement.value is call.node:
            box = ", ".join(f"{target.id}.{side}" for side in ("left", "top", "width", "height"))
            line = f"{call.receiver}.add_shape(1, {box})"
            yield "a shape over it", "new line", slots.source.inserted(call.statement, [line])


def layouts(slots: s.Slots, rng: random.Random) -> Iterator[tuple[str, str, Edit]]:
    """Another layout, with places that nobody fills."""
    for slot in slots.all:
        if slot.role == s.LAYOUT:
            other = rng.choice([n for n in (1, 3, 4) if n != slot.value])
            yield "a layout with places", slot.mechanism, slots.edit(slot, str(other))
