"""The kinds of planted defects of slides: what is written wrong, and by what the gauge knows that it shows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from verl_visual_sdpo.benchmarks.defectbench.slide.decks import Deck, Item, sentence
from verl_visual_sdpo.benchmarks.defectbench.slide.gauge import Facts, Shape
from verl_visual_sdpo.benchmarks.defectbench.slide.seen import contrast, meet
from verl_visual_sdpo.types import Box

INCH = 96.0  # px of a slide of 13.333 inches


@dataclass(frozen=True, slots=True)
class Plant:
    """A changed deck: what a person did, to which item and properties; ``victim`` is what suffers beside it, and
    ``inserted`` are lines that were added instead."""

    change: str
    deck: Deck
    item: str
    properties: tuple[str, ...]
    victim: str = ""
    inserted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """``detectors`` count as finding it, the first its own; ``shown`` gives the places where the gauge sees it, none
    where it does not show."""

    id: str
    detectors: tuple[str, ...]
    meaning: str
    propose: Callable[[Deck, random.Random], Iterator[Plant]]
    shown: Callable[[Plant, Facts, Facts], list[Box]]


def _items(deck: Deck, rng: random.Random, *kinds: str) -> list[Item]:
    found = [item for item in deck.items if item.kind in kinds]
    rng.shuffle(found)
    return found


def _moved(item: Item, left: float = 0.0, top: float = 0.0) -> tuple[float, float, float, float]:
    return (round(item.box[0] + left, 3), round(item.box[1] + top, 3), *item.box[2:])


# --------------------------------------------------------------------------- measuring


def _shape(facts: Facts, deck: Deck, name: str) -> Shape:
    """Shapes stand in the order of their items, placeholders first as their layout has them."""
    return facts.shapes[[item.name for item in deck.items].index(name)]


def _lines(facts: Facts, deck: Deck, name: str) -> list[Box]:
    return facts.lines_of(deck.item(name).lines)


def _levels(facts: Facts, box: Box) -> np.ndarray:
    """Brightness of the picture in a box, 0 to 255, as a flat array."""
    top, bottom = max(round(box.top), 0), max(round(box.bottom), 0)
    left, right = max(round(box.left), 0), max(round(box.right), 0)
    return facts.pixels[top:bottom, left:right].astype(float).mean(axis=2).ravel()


# --------------------------------------------------------------------------- the kinds


def overlapping_text(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    """A text is put where another one stands."""
    for item in _items(deck, rng, "text"):
        for other in _items(deck, rng, "text"):
            if other.name == item.name:
                continue
            by = round(rng.uniform(0.05, 0.25), 2)
            box = (round(other.box[0] + by, 3), round(other.box[1] + rng.uniform(0.0, 0.12), 3), *item.box[2:])
            yield Plant("on another text", deck.changed(item.name, box=box), item.name, ("left", "top"), other.name)


def shown_overlapping(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    mine, others = (_lines(after, plant.deck, name) for name in (plant.item, plant.victim))
    return [box for a in mine for b in others if meet(a, b) > 0.2 * min(a.area, b.area) for box in (a, b)]


def covered_text(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    """A filled shape is added over a text."""
    for item in _items(deck, rng, "text", "card"):
        left, top, width, height = item.box
        cover = f"Inches({left - 0.1:g}), Inches({top - 0.1:g}), Inches({width * rng.uniform(0.5, 1.0):.2f}), "
        cover += f"Inches({min(height, 2.0) + 0.1:g})"
        shape = rng.choice(("RECTANGLE", "ROUNDED_RECTANGLE"))
        line = f"slide.shapes.add_shape(MSO_SHAPE.{shape}, {cover})"
        yield Plant("a shape over it", deck, item.name, (), item.name, (line,))


def shown_covered(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    found = []
    for box in _lines(before, plant.deck, plant.victim):
        left = Box(box.left, box.top, box.left + 0.45 * box.width, box.bottom)
        if np.ptp(_levels(before, left)) > 60 > 25 > np.ptp(_levels(after, left)):
            found.append(box)
    return found


def overflowing_shape(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    """A card too small for its text, a text too long or too large for its card."""
    for item in _items(deck, rng, "card"):
        low = (*item.box[:3], round(rng.uniform(0.2, 0.35), 2))
        yield Plant("too low a card", deck.changed(item.name, box=low), item.name, ("height",))
        size = rng.choice((54, 60, 66)) if item.box[3] > 2.5 else rng.choice((48, 54))
        yield Plant("too large a font", deck.changed(item.name, size=size), item.name, ("size",))
        words = (". ".join(sentence(rng, True) for _ in range(10)),)
        yield Plant("too long a text", deck.changed(item.name, lines=words), item.name, ("text",))


def shown_overflowing(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    shape = _shape(after, plant.deck, plant.item).box
    out = [box for box in _lines(after, plant.deck, plant.item)
           if box.bottom > shape.bottom + 0.4 * box.height or box.top < shape.top - 0.4 * box.height
           or box.right > shape.right + 0.4 * box.height]  # fmt: skip
    return [shape, *out] if out else []


def overflowing_bullets(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    for item in _items(deck, rng, "body"):
        more = tuple(sentence(rng, True) for _ in range(rng.randrange(9, 13)))
        yield Plant("too many points", deck.changed(item.name, lines=item.lines + more), item.name, ("text",))
        yield Plant("too large a font", deck.changed(item.name, size=rng.choice((54, 60, 66))), item.name, ("size",))


def shown_bullets(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    shape = _shape(after, plant.deck, plant.item).box
    lines = _lines(after, plant.deck, plant.item)
    return [shape, *lines] if lines and max(box.bottom for box in lines) > shape.bottom + 25 else []


def off_slide(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    for item in _items(deck, rng, "text", "chart", "table"):
        part = rng.uniform(0.4, 0.7)
        right = round(13.333 - item.box[2] * (1 - part) - item.box[0], 2)
        yield Plant("too far right", deck.changed(item.name, box=_moved(item, right)), item.name, ("left",))
        if item.kind != "text":
            down = round(7.5 - item.box[3] * (1 - part) - item.box[1], 2)
            yield Plant("too far down", deck.changed(item.name, box=_moved(item, 0, down)), item.name, ("top",))
        left = -round(item.box[0] + item.box[2] * rng.uniform(0.15, 0.3), 2)
        yield Plant("negative place", deck.changed(item.name, box=_moved(item, left)), item.name, ("left",))


def shown_off(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    shape, slide = _shape(after, plant.deck, plant.item), Box(0, 0, *after.size)
    if not shape.words:
        return [shape.box] if meet(shape.box, slide) < 0.75 * shape.box.area else []
    there = {line.split()[0] for line, box in after.lines if meet(box, slide) > 0.98 * box.area}
    first = [line.split()[0] for line in shape.words.splitlines() if line.split()]
    cut = [box for box in _lines(after, plant.deck, plant.item) if meet(box, slide) < 0.95 * box.area]
    return [shape.box, *cut] if cut or any(word not in there for word in first) else []


def no_margin(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    for item in _items(deck, rng, "text", "chart", "table"):
        gap = -0.08 if item.kind == "text" else 0.05
        left = round(gap - item.box[0], 2)
        yield Plant("at the left edge", deck.changed(item.name, box=_moved(item, left)), item.name, ("left",))
        if item.kind == "text" and item.size > 18:
            top = round(-0.02 - item.box[1], 2)
            yield Plant("at the upper edge", deck.changed(item.name, box=_moved(item, 0, top)), item.name, ("top",))


def shown_margin(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    shape = _shape(after, plant.deck, plant.item)
    boxes = _lines(after, plant.deck, plant.item) if shape.words else [shape.box]
    return [box for box in boxes if 0 <= min(box.left, box.top) < 11]


def faint_text(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    for item in _items(deck, rng, "text", "card", "body", "title"):
        ground = int(item.face or "FFFFFF", 16)
        base = [(ground >> shift) & 255 for shift in (16, 8, 0)]
        step = rng.randrange(8, 34) * (-1 if sum(base) > 380 else 1)
        color = "".join(f"{min(max(value + step, 0), 255):02X}" for value in base)
        yield Plant("nearly the ground's color", deck.changed(item.name, color=color), item.name, ("color",))


def shown_faint(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    return [box for box in _lines(after, plant.deck, plant.item) if contrast(after, box) < 1.9]


def tiny(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    for item in _items(deck, rng, "text", "card", "body"):
        yield Plant("tiny font", deck.changed(item.name, size=rng.choice((3, 4, 5))), item.name, ("size",))


def shown_tiny(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    lines = _lines(after, plant.deck, plant.item)
    return lines if lines and max(box.height for box in lines) < 9 else []


def squashed(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    for item in _items(deck, rng, "picture"):
        left, top, width, height = item.box
        low = (left, top, width, round(height * rng.choice((0.35, 0.45, 0.55)), 2))
        yield Plant("too low", deck.changed(item.name, box=low), item.name, ("height",))
        narrow = (left, top, round(width * rng.choice((0.35, 0.45, 0.55)), 2), height)
        yield Plant("too narrow", deck.changed(item.name, box=narrow), item.name, ("width",))


def shown_squashed(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    shape = _shape(after, plant.deck, plant.item)
    ratio = shape.box.width / shape.box.height / shape.file_ratio if shape.file_ratio else 1.0
    return [shape.box] if not 0.7 < ratio < 1.4 else []


def shifted(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    """One card of a row off its line."""
    for item in _items(deck, rng, "card"):
        if deck.kind == "cards":
            by = round(rng.choice((-1, 1)) * rng.uniform(0.1, 0.3), 2)
            yield Plant("off its line", deck.changed(item.name, box=_moved(item, 0, by)), item.name, ("top",))


def shown_shifted(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    shape = _shape(after, plant.deck, plant.item).box
    tops = [_shape(after, plant.deck, i.name).box.top for i in plant.deck.items if i.kind == "card"]
    others = sorted(tops)[len(tops) // 2]
    return [shape] if 8 <= abs(shape.top - others) <= 40 else []


def uneven(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    for item in _items(deck, rng, "card"):
        if deck.kind == "cards":
            by = round(rng.choice((-1, 1)) * rng.uniform(0.15, 0.26), 2)
            yield Plant("off its place", deck.changed(item.name, box=_moved(item, by)), item.name, ("left",))


def shown_uneven(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    boxes = sorted((_shape(after, plant.deck, i.name).box for i in plant.deck.items if i.kind == "card"),
                   key=lambda box: box.left)  # fmt: skip
    gaps = [b.left - a.right for a, b in zip(boxes, boxes[1:])]
    mine = _shape(after, plant.deck, plant.item).box
    return [mine] if min(gaps) > 0 and max(gaps) - min(gaps) > 12 else []


def left_empty(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    if deck.layout == 6:
        layout = rng.choice((1, 3, 4))
        yield Plant("a layout with places", replace(deck, layout=layout), "", ("layout",))


def shown_empty(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    return [shape.box for shape in after.shapes if shape.empty]


def wall(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    for item in _items(deck, rng, "text"):
        if item.box[3] >= 3.0:
            lines = tuple(". ".join(sentence(rng, True) for _ in range(5)) for _ in range(6))
            yield Plant("a wall of text", deck.changed(item.name, lines=lines, size=10), item.name, ("text",))


def shown_wall(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    words = sum(len(shape.words.split()) for shape in after.shapes)
    return _lines(after, plant.deck, plant.item) if words > 200 else []


def overlapping_content(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    """A picture, a chart or a table is put partly upon what stands beside it."""
    for item in _items(deck, rng, "picture", "chart"):
        for other in _items(deck, rng, "text"):
            if other.box[3] < 3.0:
                continue
            by = round((other.box[0] - item.box[0]) * rng.uniform(0.55, 0.75), 2)
            yield Plant("onto the text beside", deck.changed(item.name, box=_moved(item, by)), item.name, ("left",),
                        other.name)  # fmt: skip


def shown_content(plant: Plant, before: Facts, after: Facts) -> list[Box]:
    shape = _shape(after, plant.deck, plant.item).box
    met = [box for box in _lines(after, plant.deck, plant.victim) if meet(box, shape) > 0.25 * box.area]
    return [shape, *met] if met else []


_ALL = (
    Kind("overlapping-text", ("text-overlap", "content-overlap", "covered-text"), "two texts lie on each other",
         overlapping_text, shown_overlapping),
    Kind("covered-text", ("covered-text", "text-overlap", "content-overlap"), "a shape lies over a text", covered_text,
         shown_covered),
    Kind("overlapping-content", ("content-overlap", "covered-text", "text-overlap"), "a picture or chart lies on words",
         overlapping_content, shown_content),
    Kind("overflowing-shape", ("text-overflow",), "a text runs over the edge of its card", overflowing_shape,
         shown_overflowing),
    Kind("overflowing-bullets", ("bullets-overflow", "off-slide"), "a list runs out of its placeholder",
         overflowing_bullets, shown_bullets),
    Kind("off-slide", ("off-slide",), "content leaves the slide", off_slide, shown_off),
    Kind("no-margin", ("slide-margins",), "content stands at the very edge", no_margin, shown_margin),
    Kind("faint-text", ("low-contrast",), "text can hardly be told from its ground", faint_text, shown_faint),
    Kind("tiny-text", ("tiny-text",), "text is too small to be read", tiny, shown_tiny),
    Kind("squashed-picture", ("squashed-picture",), "a picture has lost its shape", squashed, shown_squashed),
    Kind("shifted-item", ("misaligned-items",), "one card stands off the line of its row", shifted, shown_shifted),
    Kind("uneven-gap", ("uneven-gaps",), "one card stands off its place in the row", uneven, shown_uneven),
    Kind("empty-placeholder", ("empty-placeholder",), "a placeholder was left empty", left_empty, shown_empty),
    Kind("wall-of-text", ("too-much-text",), "more words than a slide can hold", wall, shown_wall),
)  # fmt: skip

KINDS: dict[str, Kind] = {kind.id: kind for kind in _ALL}


def harmless(deck: Deck, rng: random.Random) -> Iterator[Plant]:
    """Changes without a defect."""
    for item in _items(deck, rng, "text", "card", "body"):
        yield Plant("a little smaller", deck.changed(item.name, size=round(item.size * 0.92)), item.name, ("size",))
        if item.size <= 26:  # a sentence in the size of a figure would run over
            lines = tuple(sentence(rng) for _ in item.lines)
            yield Plant("other words", deck.changed(item.name, lines=lines), item.name, ("text",))
        if not item.face:
            yield Plant("another color", deck.changed(item.name, color="7A1F3D"), item.name, ("color",))
    for item in _items(deck, rng, "card"):
        yield Plant("another ground", deck.changed(item.name, face="3C3C3C"), item.name, ("face",))
    for item in _items(deck, rng, "picture", "chart"):
        yield Plant("a hair aside", deck.changed(item.name, box=_moved(item, 0.01, 0.01)), item.name, ("left", "top"))
