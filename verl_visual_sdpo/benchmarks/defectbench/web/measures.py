"""What the gauge's kinds of defect share: what is in sight, what is painted where, what lies on what.

By the rectangles and computed styles of the bench's own browser and, where one was taken, by the picture of the page.
The picture only takes away from what the rectangles tell: a first look without one sees all that the second does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Facts, Thing
from verl_visual_sdpo.inspection.geometry import intersection
from verl_visual_sdpo.types import Box

Color = Sequence[float]

LEAST = 12.0  # px of something that are made out: a letter or two
VISIBLE = 24  # steps of 255 in one of red, green and blue, from which two grounds are told apart
EDGE = 3  # px to both sides of the edge of a box where it may be seen
TARGET = 24.0  # px, WCAG 2.2, 2.5.8
CONTENT = frozenset({"img", "button", "input"})
DRAWN = frozenset({"svg", "canvas", "video", "iframe", "select", "textarea", "object", "hr"})


def in_reach(facts: Facts) -> list[Thing]:
    """The texts with those of their lines that can be scrolled to: menus are parked far outside."""
    found = ((t, tuple(line for line in t.lines if on_page(facts, line))) for t in facts.texts)
    return [replace(t, lines=lines) for t, lines in found if lines]


def on_page(facts: Facts, box: Box) -> bool:
    """Whether a part of it that can be made out can be scrolled to."""
    left = intersection(box, facts.page)
    return left is not None and left.width >= min(LEAST, box.width) and left.height >= min(LEAST, box.height)


def is_solid(t: Thing, facts: Facts | None = None) -> bool:
    return t.tag in CONTENT and in_sight(t, facts)


def in_sight(t: Thing, facts: Facts | None = None) -> bool:
    """Whether at least half of a box is not clipped away; with ``facts``: and a part of it can be scrolled to."""
    if not t.shown or t.box.area <= 0 or outside(t.box, t.around) >= 0.5:
        return False
    return facts is None or on_page(facts, t.box)


def is_taken_out(facts: Facts, t: Thing, holder: Thing) -> bool:
    """Whether it is placed by itself, within the box that it leaves."""
    way = []
    for one in (t, *facts.up(t)):
        if one.n == holder.n:
            break
        way.append(one)
    return any(one.position in ("absolute", "fixed") for one in way)


def stands_out(facts: Facts, t: Thing) -> bool:
    """Whether where a painted box ends can be seen: it has a border all around, or another colour than what is
    behind it."""
    if t.framed or t.picture:
        return True
    if t.ground[3] <= 0.1:
        return False
    behind = next((ground_behind(facts, a) for a in facts.up(t)), (255.0, 255.0, 255.0))
    own = ground_behind(facts, t)
    if own is None or behind is None:
        return True
    return max(abs(a - b) for a, b in zip(own, behind)) > VISIBLE


def edge_shows(facts: Facts, box: Box, line: Box) -> bool:
    """Whether the picture, if one was taken, shows where a box ends, at any side by which a line leaves it: along most
    of that side (its corners may be round) something changes across it."""
    if facts.pixels is None:
        return True
    wide, high, strips = 0.15 * box.width, 0.15 * box.height, []
    for x, leaves in ((box.left, line.left < box.left - 2), (box.right, line.right > box.right + 2)):
        if leaves:
            strips.append(_part(facts.pixels, Box(x - EDGE, box.top + high, x + EDGE, box.bottom - high)))
    for y, leaves in ((box.top, line.top < box.top - 2), (box.bottom, line.bottom > box.bottom + 2)):
        if leaves:
            lying = _part(facts.pixels, Box(box.left + wide, y - EDGE, box.right - wide, y + EDGE))
            strips.append(lying.swapaxes(0, 1))
    return any(s.size and (np.ptp(s, axis=1).max(axis=-1) > VISIBLE).mean() >= 0.5 for s in strips)


def on_own_ground(facts: Facts, a: Thing, b: Thing, shared: Box) -> bool:
    """Whether of a text and a picture that share some place the picture does not show there: the text brings a ground
    of its own, and that is what most of the place shows. Not known without a picture of the page."""
    text, other = (a, b) if b.tag == "img" else (b, a)
    if other.tag != "img" or text.tag in CONTENT or facts.pixels is None:
        return False
    if not is_painted(text) and not covers(facts, text, other):
        return False
    ground, part = ground_behind(facts, text), _part(facts.pixels, shared)
    if ground is None or not part.size:
        return False
    return bool((np.abs(part - np.array(ground)).max(axis=-1) <= VISIBLE).mean() >= 0.5)


def pinned(facts: Facts, t: Thing) -> bool:
    """Whether it stays in the window: the rest can be scrolled out from under it."""
    return any(one.position in ("fixed", "sticky") for one in (t, *facts.up(t)))


def too_close(box: Box, other: Box) -> bool:
    x, y = box.center
    gap = math.hypot(max(other.left - x, 0.0, x - other.right), max(other.top - y, 0.0, y - other.bottom))
    return gap < TARGET / 2 or (min(other.width, other.height) < TARGET and math.dist((x, y), other.center) < TARGET)


def meeting(boxes: Sequence[tuple[Box, Thing]]) -> Iterator[tuple[tuple[Box, Thing], tuple[Box, Thing]]]:
    """Pairs of boxes that share some area."""
    ordered = sorted(boxes, key=lambda item: item[0].top)
    for i, (box, thing) in enumerate(ordered):
        for other in ordered[i + 1 :]:
            if other[0].top >= box.bottom:
                break
            if common(box, other[0]) > 0:
                yield (box, thing), other


def common(a: Box, b: Box) -> float:
    wide, high = min(a.right, b.right) - max(a.left, b.left), min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(wide, 0.0) * max(high, 0.0)


def letters(line: Box) -> Box:
    """A line without the room above and below its letters."""
    return Box(line.left, line.top + 0.25 * line.height, line.right, line.bottom - 0.2 * line.height)


def outside(line: Box, box: Box) -> float:
    return 1.0 - common(line, box) / max(line.area, 1.0)


def clips(t: Thing) -> bool:
    return "hidden" in t.overflow or "clip" in t.overflow


def is_painted(t: Thing) -> bool:
    return (t.ground[3] > 0.1 or t.border > 0.5 or t.picture) and t.alpha > 0.1


def covers(facts: Facts, a: Thing, b: Thing) -> bool:
    return any(is_painted(up) and not facts.related(up, b) for up in facts.up(a))


def ground_behind(facts: Facts, t: Thing) -> tuple[float, ...] | None:
    """The colour behind a text, backgrounds laid on each other; None where a picture is among them."""
    layers = []
    for a in (t, *facts.up(t)):
        if a.picture:
            return None
        layers.append(a.ground)
        if a.ground[3] >= 0.999:
            break
    color = (255.0, 255.0, 255.0)
    for r, g, b, alpha in reversed(layers):
        color = tuple(alpha * new + (1 - alpha) * old for new, old in zip((r, g, b), color))
    return color


def is_faint(facts: Facts, t: Thing, ink: Color, places: Sequence[Box], bar: float, sign: bool) -> bool:
    ground = ground_behind(facts, t)
    grounds = [ground] if ground is not None else [_median(facts, box) for box in places if sign]
    return any(one is not None and _contrast(ink, t.alpha, one) < bar for one in grounds)


def _median(facts: Facts, box: Box) -> tuple[float, ...] | None:
    """The colour that most of a line shows: letters fill less than half of it."""
    if facts.pixels is None:
        return None
    part = _part(facts.pixels, box)
    return tuple(np.median(part, axis=(0, 1))) if part.size else None


def _part(pixels: np.ndarray, box: Box) -> np.ndarray:
    """What of a picture lies in a box: (rows, columns, 3), any of them 0 where nothing does."""
    top, bottom = max(math.floor(box.top), 0), max(math.ceil(box.bottom), 0)
    left, right = max(math.floor(box.left), 0), max(math.ceil(box.right), 0)
    return pixels[top:bottom, left:right]


def _contrast(color: Color, opacity: float, ground: Color) -> float:
    """WCAG's ratio of an ink as it is blended with its ground."""

    def light(c: Color) -> float:
        parts = [v / 255 / 12.92 if v / 255 <= 0.04045 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in c[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    alpha = color[3] * opacity
    shown = [alpha * c + (1 - alpha) * g for c, g in zip(color[:3], ground)]
    one, other = sorted((light(shown), light(ground)))
    return (other + 0.05) / (one + 0.05)
