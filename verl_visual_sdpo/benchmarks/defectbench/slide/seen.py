"""By what the gauge shows it on a page of any deck: one function a kind, from facts to the places where it is.

Each place has a key, the same in a deck and in its twin, so that what is new in the twin can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

import numpy as np

from verl_visual_sdpo.benchmarks.defectbench.slide.gauge import Facts, Shape
from verl_visual_sdpo.types import Box

Place = tuple[tuple, tuple[Box, ...]]
Line = tuple[str, Box]
CONTENT = frozenset({"picture", "chart", "table"})
WALL = 200  # words on a slide


def meet(a: Box, b: Box) -> float:
    """The area that two boxes share, px2."""
    wide = min(a.right, b.right) - max(a.left, b.left)
    high = min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(wide, 0.0) * max(high, 0.0)


def bare(text: str) -> str:
    """A text without its spaces."""
    return "".join(text.split())


def printed(facts: Facts) -> list[Line]:
    """The printed pieces that are long enough to be told from others."""
    return [(words, box) for words, box in facts.lines if len(bare(words)) >= 3 and box.area > 0]


def lines_of(facts: Facts, shape: Shape) -> list[Line]:
    """The pieces that a shape's paragraphs are printed as; none where another shape says the same."""
    texts = [bare(text) for text in shape.words.splitlines() if len(bare(text)) >= 3]
    others = [bare(other.words) for other in facts.shapes if other is not shape]
    if not texts or any(text in other for text in texts for other in others):
        return []
    return [(words, box) for words, box in printed(facts) if any(bare(words) in text for text in texts)]


def ground(facts: Facts, box: Box) -> tuple[int, int, int]:
    """The colour that most of a box has."""
    part = _pixels(facts, box)
    if not len(part):
        return (255, 255, 255)
    colors, counts = np.unique(part, axis=0, return_counts=True)
    return tuple(map(int, colors[counts.argmax()]))


def luminance(color: np.ndarray) -> float:
    """WCAG's relative luminance of a colour, 0 to 255 a channel."""
    c = np.asarray(color, dtype=float) / 255.0
    linear = np.where(c <= 0.03928, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(facts: Facts, box: Box) -> float:
    """Of the darkest and the brightest pixel in a box, WCAG's ratio."""
    part = _pixels(facts, box)
    if not len(part):
        return 21.0
    order = np.argsort(part.astype(float).sum(axis=1))
    dark, bright = luminance(part[order[0]]), luminance(part[order[-1]])
    return (bright + 0.05) / (dark + 0.05)


def _pixels(facts: Facts, box: Box) -> np.ndarray:
    top, left = max(round(box.top), 0), max(round(box.left), 0)
    return facts.pixels[top : max(round(box.bottom), top), left : max(round(box.right), left)].reshape(-1, 3)


def page_box(facts: Facts) -> Box:
    """The slide itself."""
    return Box(0, 0, *facts.size)


# --------------------------------------------------------------------------- the kinds


def overlapping_text(facts: Facts) -> Iterator[Place]:
    texts = [bare(shape.words) for shape in facts.shapes]
    for (a, at), (b, bt) in combinations(printed(facts), 2):
        if meet(at, bt) > 0.2 * min(at.area, bt.area) and not any(bare(a) in t and bare(b) in t for t in texts):
            yield tuple(sorted((a, b))), (at, bt)


def covered_text(facts: Facts) -> Iterator[Place]:
    for words, box in printed(facts):
        first = Box(box.left, box.top, box.left + 0.45 * box.width, box.bottom)
        if meet(first, page_box(facts)) > 0.9 * first.area and contrast(facts, first) < 1.08:
            yield (words,), (box,)


def overlapping_content(facts: Facts) -> Iterator[Place]:
    for index, shape in enumerate(facts.shapes):
        for words, box in printed(facts) if shape.kind in CONTENT else ():
            if meet(box, shape.box) > 0.25 * box.area:
                yield (index, words), (shape.box, box)


def overflowing_shape(facts: Facts) -> Iterator[Place]:
    for shape in facts.shapes:
        if shape.kind != "card":
            continue
        out = [box for _, box in lines_of(facts, shape) if _beyond(box, shape.box) > 0.4 * box.height]
        if out:
            yield (shape.words,), (shape.box, *out)


def _beyond(line: Box, shape: Box) -> float:
    return max(line.bottom - shape.bottom, shape.top - line.top, line.right - shape.right)


def is_list(shape: Shape) -> bool:
    """Whether it holds lines enough to be a list of points."""
    return shape.kind != "card" and len([line for line in shape.words.splitlines() if line.strip()]) >= 3


def overflowing_bullets(facts: Facts) -> Iterator[Place]:
    for shape in facts.shapes:
        if not is_list(shape):
            continue
        lines = [box for _, box in lines_of(facts, shape)]
        if lines and max(box.bottom for box in lines) > shape.box.bottom + 25:
            yield (shape.words,), (shape.box, *lines)


def off_slide(facts: Facts) -> Iterator[Place]:
    there = page_box(facts)
    for words, box in printed(facts):
        if meet(box, there) < 0.95 * box.area:
            yield (words,), (box,)
    for index, shape in enumerate(facts.shapes):
        away = meet(shape.box, there) < 0.75 * shape.box.area
        if away and (shape.kind in CONTENT or shape.words.strip()) and not _all_seen(facts, shape):
            yield (index,), (shape.box,)


def _all_seen(facts: Facts, shape: Shape) -> bool:
    """Whether every word of a shape is printed on the page: then nothing of it is lost."""
    there, said = page_box(facts), bare(shape.words)
    seen = "".join(bare(words) for words, box in facts.lines if meet(box, there) > 0.95 * box.area)
    return bool(said) and all(bare(line) in seen for line in shape.words.splitlines())


def no_margin(facts: Facts) -> Iterator[Place]:
    for words, box in printed(facts):
        if 0 <= _margin(facts, box) < 11:
            yield (words,), (box,)
    for index, shape in enumerate(facts.shapes):
        if shape.kind in CONTENT and 0 <= _margin(facts, shape.box) < 11 and shape.box.area < 0.5 * _area(facts):
            yield (index,), (shape.box,)


def _margin(facts: Facts, box: Box) -> float:
    return min(box.left, box.top, facts.size[0] - box.right, facts.size[1] - box.bottom)


def _area(facts: Facts) -> float:
    return facts.size[0] * facts.size[1]


def faint_text(facts: Facts) -> Iterator[Place]:
    for words, box in printed(facts):
        if meet(box, page_box(facts)) > 0.95 * box.area and contrast(facts, box) < 1.9:
            yield (words,), (box,)


def tiny_text(facts: Facts) -> Iterator[Place]:
    for words, box in printed(facts):
        if box.height < 9:
            yield (words,), (box,)


def squashed_picture(facts: Facts) -> Iterator[Place]:
    for index, shape in enumerate(facts.shapes):
        if shape.file_ratio and shape.box.area > 400:
            ratio = shape.box.width / shape.box.height / shape.file_ratio
            if not 0.7 < ratio < 1.4:
                yield (index,), (shape.box,)


def shifted_item(facts: Facts) -> Iterator[Place]:
    for shape, row in rows(facts.shapes):
        tops = {round(other.box.top) for other in row}
        by = abs(shape.box.top - row[0].box.top)
        if len(tops) == 1 and 8 <= by <= 40 and by < 0.4 * shape.box.height:
            yield (shape.words or shape.name,), (shape.box,)


def uneven_gap(facts: Facts) -> Iterator[Place]:
    for shape, row in rows(facts.shapes):
        if abs(shape.box.top - row[0].box.top) > 1 or not _between(shape, row):
            continue
        line = sorted((item.box for item in (shape, *row)), key=lambda box: box.left)
        gaps = [b.left - a.right for a, b in zip(line, line[1:])]
        if min(gaps) > 0 and 12 < max(gaps) - min(gaps) < 0.4 * shape.box.width:
            yield (shape.words or shape.name,), (shape.box,)


def rows(shapes: Sequence[Shape]) -> Iterator[tuple[Shape, list[Shape]]]:
    """Each shape with at least two of its kind and size that stand in one line, at nearly its own height."""
    for shape in shapes:
        row = [other for other in shapes if other is not shape and _like(shape, other)]
        level = [other for other in row if abs(other.box.top - row[0].box.top) < 1]
        if len(level) >= 2 and len(level) == len(row):
            yield shape, level


def _like(a: Shape, b: Shape) -> bool:
    beside = min(a.box.right, b.box.right) < max(a.box.left, b.box.left) + 2
    near = beside and abs(a.box.top - b.box.top) < 0.5 * a.box.height
    return near and a.kind == b.kind and abs(a.box.width - b.box.width) < 2 and abs(a.box.height - b.box.height) < 2


def _between(shape: Shape, row: Sequence[Shape]) -> bool:
    return min(s.box.left for s in row) < shape.box.left < max(s.box.left for s in row)


def empty_placeholder(facts: Facts) -> Iterator[Place]:
    for index, shape in enumerate(facts.shapes):
        if shape.empty:
            yield (index, shape.name), (shape.box,)


def wall_of_text(facts: Facts) -> Iterator[Place]:
    if sum(len(shape.words.split()) for shape in facts.shapes) > WALL:
        longest = max(facts.shapes, key=lambda shape: len(shape.words))
        yield (), (longest.box, *(box for _, box in printed(facts)))


PLACES: dict[str, Callable[[Facts], Iterator[Place]]] = {
    "overlapping-text": overlapping_text,
    "covered-text": covered_text,
    "overlapping-content": overlapping_content,
    "overflowing-shape": overflowing_shape,
    "overflowing-bullets": overflowing_bullets,
    "off-slide": off_slide,
    "no-margin": no_margin,
    "faint-text": faint_text,
    "tiny-text": tiny_text,
    "squashed-picture": squashed_picture,
    "shifted-item": shifted_item,
    "uneven-gap": uneven_gap,
    "empty-placeholder": empty_placeholder,
    "wall-of-text": wall_of_text,
}


def newly(kind: str, before: Facts, after: Facts) -> tuple[Box, ...]:
    """Where a page has a kind of defect that the other one has not."""
    known = {key for key, _ in PLACES[kind](before)}
    return tuple(box for key, boxes in PLACES[kind](after) if key not in known for box in boxes)
