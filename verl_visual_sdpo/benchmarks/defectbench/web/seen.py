"""By what the bench's own browser shows it: one function a kind of defect, from facts to the places where it is.

Each has two bars. With ``sign`` False it yields what nobody would argue about: for that a twin is kept. With ``sign``
True it yields whatever speaks for such a defect by the plain measure (WCAG's ratio, the first px out): a finding at
such a place is not called wrong.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from PIL import ImageStat

from verl_visual_sdpo.benchmarks.defectbench.web.gauge import WINDOW, Facts, Thing
from verl_visual_sdpo.types import Box

Color = Sequence[float]
Place = tuple[tuple, tuple[Box, ...]]
"""(what it is, compared between the clean page and its twin; where it is, px of the page)."""

CONTENT = frozenset({"img", "button", "input"})
TARGET = 24.0  # px, WCAG 2.2, 2.5.8


def faint(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """By the computed colours; where a picture lies behind, a sign asks the page's own picture, if one was taken."""
    for t in facts.texts if sign else _in_reach(facts):
        large = t.size >= 24 or (t.size >= 18.5 and t.weight >= 700)
        if _faint(facts, t, t.color, t.lines, (3.0 if large else 4.5) if sign else 2.6, sign):
            yield (t.n,), t.lines
    for t in facts.things.values():
        if sign and t.sign and t.shown and _faint(facts, t, t.ink, (t.box,), 4.5, sign):
            yield (t.n,), (t.box,)


def tiny(facts: Facts, sign: bool = False) -> Iterator[Place]:
    for t in facts.texts if sign else _in_reach(facts):
        if t.size < (9.0 if sign else 6.6):
            yield (t.n,), t.lines


def cut(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """Lines of which a clipping box shows no end, though others can be read in it: a box that hides all of its words
    looks like a closed menu."""
    for t in facts.things.values():
        if not _clips(t) or t.tag in ("html", "body") or not t.shown:
            continue
        lines = [line for inner in facts.inside(t) if inner.shown for line in inner.lines]
        lost = [line for line in lines if _outside(line, t.clip) > (0.05 if sign else 0.3)]
        kept = [line for line in lines if _outside(line, t.clip) < (0.9 if sign else 0.6)]
        if lost and kept:
            yield (t.n,), (t.box, *lost)


def off_page(facts: Facts, sign: bool = False) -> Iterator[Place]:
    far = -3 if sign else -12
    for t in facts.texts:
        lost = [line for line in t.lines if line.left < far or line.top < far]
        if lost:
            yield (t.n,), tuple(lost)
    for t in facts.things.values():
        if _is_solid(t) and (t.box.left < far or t.box.top < far):
            yield (t.n,), (t.box,)


def too_wide(facts: Facts, sign: bool = False) -> Iterator[Place]:
    edge = WINDOW[0] + (3 if sign else 12)
    roots = [t.overflow.split()[0] for t in facts.things.values() if t.tag in ("html", "body")]
    if facts.width > edge and not {"hidden", "clip"} & set(roots):  # else the window hides it
        wide = [t.box for t in facts.things.values() if t.box.right > edge and t.box.area > 0]
        yield ("page",), (*wide, *(line for t in facts.texts for line in t.lines if line.right > edge))


def text_on_text(facts: Facts, sign: bool = False) -> Iterator[Place]:
    share, found = 0.02 if sign else 0.3, {}
    lines = [(_letters(line), t) for t in facts.texts for line in t.lines]
    for (one, a), (other, b) in _meeting(lines):
        if a.n != b.n and _common(one, other) > share * min(one.area, other.area):
            found.setdefault((min(a.n, b.n), max(a.n, b.n)), []).extend((one, other))
    for (first, second), boxes in found.items():
        a, b = facts.things[first], facts.things[second]
        if not sign and _pinned(facts, a) != _pinned(facts, b):
            continue
        if not (b.hit < 0.3 and _covers(facts, a, b)) and not (a.hit < 0.3 and _covers(facts, b, a)):
            yield (a.n, b.n), tuple(boxes)


def covered(facts: Facts, sign: bool = False) -> Iterator[Place]:
    for t in facts.texts:
        if t.hit < (0.95 if sign else 0.7):
            yield (t.n,), t.lines
    for t in facts.things.values():
        if sign and t.sign and t.shown and t.hit < 0.95:
            yield (t.n,), (t.box,)


def shifted(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """One of at least three like brothers stands off the line of the others."""
    level, least = (3.0, 2.0) if sign else (1.5, 5.0)
    for children in facts.children.values():
        for t in children:
            brothers = [b for b in children if b.tag == t.tag and b.box.area > 100 and _in_sight(b)]
            if len(brothers) < 3 or t not in brothers:
                continue
            row = [b for b in brothers if b.n != t.n and abs(b.box.center[1] - t.box.center[1]) < 0.6 * t.box.height]
            if not sign:  # floats stand in front of the block that follows them, not in a row with it
                row = [b for b in row if min(b.box.right, t.box.right) - max(b.box.left, t.box.left) < 2.0]
            tops = [b.box.top for b in row]
            if len(row) < 2 or max(tops) - min(tops) >= level or not least < abs(t.box.top - tops[0]) < 60:
                continue
            others = (abs(t.box.bottom - row[0].box.bottom), abs(t.box.center[1] - row[0].box.center[1]))
            if min(others) > (1.0 if sign else 4.0):
                yield (t.n,), (t.box,)


def squashed(facts: Facts, sign: bool = False) -> Iterator[Place]:
    for t in facts.things.values():
        if t.tag == "img" and t.fit == "fill" and min(*t.natural, t.box.width, t.box.height) > 0 and _in_sight(t):
            wrong = (t.box.width / t.box.height) / (t.natural[0] / t.natural[1])
            if max(wrong, 1 / wrong) > (1.15 if sign else 1.4) and (sign or min(t.box.width, t.box.height) > 20):
                yield (t.n,), (t.box,)


def broken(facts: Facts, sign: bool = False) -> Iterator[Place]:
    for t in facts.things.values():
        least = 0 if sign else 8
        if t.tag == "img" and t.natural[0] == 0 and min(t.box.width, t.box.height) > least and _in_sight(t):
            yield (t.n,), (t.box,)


def small(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """What is pressed and lower or narrower than 11.5 px; a sign: WCAG's 24 px, with another target in a circle."""
    targets = [t for t in facts.things.values() if t.tag in ("button", "input", "a") and _in_sight(t)]
    for t in targets:
        side = min(t.box.width, t.box.height)
        if sign:
            if side < 13 or (side < TARGET and any(_too_close(t.box, o.box) for o in targets if o.n != t.n)):
                yield (t.n,), (t.box,)
        elif side < 11.5 and (t.tag != "a" or t.display != "inline"):
            yield (t.n,), (t.box,)


def spilled(facts: Facts, sign: bool = False) -> Iterator[Place]:
    for t in facts.texts:
        holder = next((a for a in (t, *facts.up(t)) if a.tag not in ("html", "body") and is_painted(a)), None)
        if holder is None or (not sign and _is_taken_out(facts, t, holder)):
            continue
        if not sign and (holder.box.right <= 0 or not _stands_out(facts, holder)):  # menus are parked far outside
            continue
        whole = [line for line in t.lines if _outside(line, t.clip) < 0.05]
        lost = [line for line in whole if _outside(_letters(line), holder.box) > (0.05 if sign else 0.35)]
        if lost:
            yield (t.n,), (holder.box, *lost)


def crowded(facts: Facts, sign: bool = False) -> Iterator[Place]:
    for t in facts.texts if sign else _in_reach(facts):
        steps = [b.top - a.top for a, b in pairwise(t.lines) if b.top > a.top + 1 and b.left < a.right]
        if steps and min(steps) < (0.9 if sign else 0.72) * t.size:
            yield (t.n,), t.lines


def content_on_content(facts: Facts, sign: bool = False) -> Iterator[Place]:
    low, high = (0.02, 0.98) if sign else (0.15, 0.88)
    solid = [(t.box, t) for t in facts.things.values() if _is_solid(t) and _outside(t.box, t.around) < 0.1]
    lines = [(_letters(line), t) for t in facts.texts for line in t.lines]
    found: dict[tuple[int, int], list[Box]] = {}
    for (one, a), (other, b) in _meeting([*solid, *lines]):
        if a.n == b.n or (a.tag not in CONTENT and b.tag not in CONTENT):
            continue
        if low < _common(one, other) / max(min(one.area, other.area), 1.0) < high and not facts.related(a, b):
            found.setdefault((min(a.n, b.n), max(a.n, b.n)), []).extend((one, other))
    for (first, second), boxes in found.items():
        if sign or _pinned(facts, facts.things[first]) == _pinned(facts, facts.things[second]):
            yield (first, second), tuple(boxes)


def blank(facts: Facts, sign: bool = False) -> Iterator[Place]:
    shown = [line for t in facts.texts for line in t.lines]
    shown += [t.box for t in facts.things.values() if _is_solid(t) or (t.tag in _DRAWN and t.box.area > 0)]
    reached = 0.0
    for box in [*sorted(shown, key=lambda b: b.top), Box(0, facts.height, 1, facts.height)]:
        if box.top - reached > (690 if sign else 900):
            yield ("page",), (Box(0.0, reached, float(WINDOW[0]), box.top),)
        reached = max(reached, box.bottom)


# --------------------------------------------------------------------------- measures

_DRAWN = frozenset({"svg", "canvas", "video", "iframe", "select", "textarea", "object", "hr"})


def _in_reach(facts: Facts) -> list[Thing]:
    """The texts that can be scrolled to: menus are parked far outside."""
    return [t for t in facts.texts if any(line.right > 0 and line.bottom > 0 for line in t.lines)]


def _is_solid(t: Thing) -> bool:
    return t.tag in CONTENT and _in_sight(t)


def _in_sight(t: Thing) -> bool:
    """Whether at least half of a box is not clipped away."""
    return t.shown and t.box.area > 0 and _outside(t.box, t.around) < 0.5


def _is_taken_out(facts: Facts, t: Thing, holder: Thing) -> bool:
    """Whether it is placed by itself, within the box that it leaves."""
    way = []
    for one in (t, *facts.up(t)):
        if one.n == holder.n:
            break
        way.append(one)
    return any(one.position in ("absolute", "fixed") for one in way)


def _stands_out(facts: Facts, t: Thing) -> bool:
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
    return max(abs(a - b) for a, b in zip(own, behind)) > 24


def _pinned(facts: Facts, t: Thing) -> bool:
    """Whether it stays in the window: the rest can be scrolled out from under it."""
    return any(one.position in ("fixed", "sticky") for one in (t, *facts.up(t)))


def _too_close(box: Box, other: Box) -> bool:
    x, y = box.center
    gap = math.hypot(max(other.left - x, 0.0, x - other.right), max(other.top - y, 0.0, y - other.bottom))
    return gap < TARGET / 2 or (min(other.width, other.height) < TARGET and math.dist((x, y), other.center) < TARGET)


def _meeting(boxes: Sequence[tuple[Box, Thing]]) -> Iterator[tuple[tuple[Box, Thing], tuple[Box, Thing]]]:
    """Pairs of boxes that share some area."""
    ordered = sorted(boxes, key=lambda item: item[0].top)
    for i, (box, thing) in enumerate(ordered):
        for other in ordered[i + 1 :]:
            if other[0].top >= box.bottom:
                break
            if _common(box, other[0]) > 0:
                yield (box, thing), other


def _common(a: Box, b: Box) -> float:
    wide, high = min(a.right, b.right) - max(a.left, b.left), min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(wide, 0.0) * max(high, 0.0)


def _letters(line: Box) -> Box:
    """A line without the room above and below its letters."""
    return Box(line.left, line.top + 0.25 * line.height, line.right, line.bottom - 0.2 * line.height)


def _outside(line: Box, box: Box) -> float:
    return 1.0 - _common(line, box) / max(line.area, 1.0)


def _clips(t: Thing) -> bool:
    return "hidden" in t.overflow or "clip" in t.overflow


def is_painted(t: Thing) -> bool:
    return (t.ground[3] > 0.1 or t.border > 0.5 or t.picture) and t.alpha > 0.1


def _covers(facts: Facts, a: Thing, b: Thing) -> bool:
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


def _faint(facts: Facts, t: Thing, ink: Color, places: Sequence[Box], bar: float, sign: bool) -> bool:
    ground = ground_behind(facts, t)
    grounds = [ground] if ground is not None else [_median(facts, box) for box in places if sign]
    return any(one is not None and _contrast(ink, t.alpha, one) < bar for one in grounds)


def _median(facts: Facts, box: Box) -> tuple[float, ...] | None:
    """The colour that most of a line shows: letters fill less than half of it."""
    if facts.pixels is None:
        return None
    part = facts.pixels.crop((int(box.left), int(box.top), math.ceil(box.right), math.ceil(box.bottom)))
    return tuple(float(v) for v in ImageStat.Stat(part).median) if min(part.size) > 0 else None


def _contrast(color: Color, opacity: float, ground: Color) -> float:
    """WCAG's ratio of an ink as it is blended with its ground."""

    def light(c: Color) -> float:
        parts = [v / 255 / 12.92 if v / 255 <= 0.04045 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in c[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    alpha = color[3] * opacity
    shown = [alpha * c + (1 - alpha) * g for c, g in zip(color[:3], ground)]
    one, other = sorted((light(shown), light(ground)))
    return (other + 0.05) / (one + 0.05)
