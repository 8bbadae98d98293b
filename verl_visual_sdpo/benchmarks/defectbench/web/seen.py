"""By what the bench's own browser shows it: one function a kind of defect, from facts to the places where it is.

Each has two bars. With ``sign`` False it yields what nobody would argue about: for that a twin is kept. With ``sign``
True it yields whatever speaks for such a defect by the plain measure (WCAG's ratio, the first px out): a finding at
such a place is not called wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, takewhile

from verl_visual_sdpo.benchmarks.defectbench.web.gauge import WINDOW, Facts, Thing
from verl_visual_sdpo.benchmarks.defectbench.web.measures import (
    CONTENT,
    DRAWN,
    TARGET,
    clips,
    common,
    covers,
    edge_shows,
    in_reach,
    in_sight,
    is_faint,
    is_painted,
    is_solid,
    is_taken_out,
    letters,
    meeting,
    on_own_ground,
    on_page,
    outside,
    pinned,
    stands_out,
    too_close,
)
from verl_visual_sdpo.inspection.geometry import intersection
from verl_visual_sdpo.types import Box

Place = tuple[tuple, tuple[Box, ...]]
"""(what it is, compared between the clean page and its twin; where it is, px of the page)."""


def faint(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """By the computed colours; where a picture lies behind, a sign asks the page's own picture, if one was taken."""
    for t in facts.texts if sign else in_reach(facts):
        large = t.size >= 24 or (t.size >= 18.5 and t.weight >= 700)
        if is_faint(facts, t, t.color, t.lines, (3.0 if large else 4.5) if sign else 2.6, sign):
            yield (t.n,), t.lines
    for t in facts.things.values():
        inks = [ink for words, ink in ((t.sign, t.ink), (t.field, t.pen)) if words]
        if sign and t.shown and any(is_faint(facts, t, ink, (t.box,), 4.5, sign) for ink in inks):
            yield (t.n,), (t.box,)


def tiny(facts: Facts, sign: bool = False) -> Iterator[Place]:
    for t in facts.texts if sign else in_reach(facts):
        if t.size < (9.0 if sign else 6.6):
            yield (t.n,), t.lines


def cut(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """Lines of which a clipping box shows no end, though others can be read in it: a box that hides all of its words
    looks like a closed menu. Beyond argument where the page goes on below: else the picture merely ends."""
    for t in facts.things.values():
        if not clips(t) or t.tag in ("html", "body") or not t.shown or not (sign or on_page(facts, t.box)):
            continue
        lines = [line for inner in facts.inside(t) if inner.shown for line in inner.lines]
        if not sign:
            lines = [line for line in _let_through(facts, t) if on_page(facts, line)]
        lost = [line for line in lines if outside(line, t.clip) > (0.05 if sign else 0.3)]
        kept = [line for line in lines if outside(line, t.clip) < (0.9 if sign else 0.6)]
        if lost and kept:
            yield (t.n,), (t.box, *lost)


def _let_through(facts: Facts, t: Thing) -> Iterator[Box]:
    """The lines inside of a thing that no box within it hides already."""
    for inner in facts.inside(t):
        within = takewhile(lambda one: one.n != t.n, (inner, *facts.up(inner)))
        boxes = [one.box for one in within if clips(one)]
        yield from (line for line in inner.lines if inner.shown and all(outside(line, box) <= 0.3 for box in boxes))


def off_page(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """Beyond argument where a part is still in sight: of what is outside as a whole the picture tells nothing."""
    far = -3 if sign else -12
    for t in facts.texts if sign else in_reach(facts):
        lost = [line for line in t.lines if line.left < far or line.top < far]
        lost += [line for line in t.lines if sign and line.right > facts.page.right - far]
        if lost:
            yield (t.n,), tuple(lost)
    for t in facts.things.values():
        if is_solid(t, None if sign else facts) and (t.box.left < far or t.box.top < far):
            yield (t.n,), (t.box,)


def too_wide(facts: Facts, sign: bool = False) -> Iterator[Place]:
    edge = WINDOW[0] + (3 if sign else 12)
    if facts.width > edge and not facts.hides_rest:
        wide = [t.box for t in facts.things.values() if t.box.right > edge and t.box.area > 0]
        yield ("page",), (*wide, *(line for t in facts.texts for line in t.lines if line.right > edge))


def text_on_text(facts: Facts, sign: bool = False) -> Iterator[Place]:
    share, found = 0.02 if sign else 0.3, {}
    lines = [(letters(line), t) for t in (facts.texts if sign else in_reach(facts)) for line in t.lines]
    for (one, a), (other, b) in meeting(lines):
        if a.n != b.n and common(one, other) > share * min(one.area, other.area):
            found.setdefault((min(a.n, b.n), max(a.n, b.n)), []).extend((one, other))
    for (first, second), boxes in found.items():
        a, b = facts.things[first], facts.things[second]
        if not sign and pinned(facts, a) != pinned(facts, b):
            continue
        if not (b.hit < 0.3 and covers(facts, a, b)) and not (a.hit < 0.3 and covers(facts, b, a)):
            yield (a.n, b.n), tuple(boxes)


def covered(facts: Facts, sign: bool = False) -> Iterator[Place]:
    for t in facts.texts if sign else in_reach(facts):
        if t.hit < (0.95 if sign else 0.7):
            yield (t.n,), t.lines
    for t in facts.things.values():
        if sign and t.sign and t.shown and t.hit < 0.95:
            yield (t.n,), (t.box,)


def shifted(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """One of at least three like brothers stands off the line of the others."""
    level, least, sees = (3.0, 2.0, None) if sign else (1.5, 5.0, facts)
    for children in facts.children.values():
        for t in children:
            brothers = [
                b for b in children if b.tag == t.tag and b.box.area > 100 and in_sight(b, None if sign else facts)
            ]
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
    sees = None if sign else facts
    for t in facts.things.values():
        if t.tag == "img" and t.fit == "fill" and min(*t.natural, t.box.width, t.box.height) > 0 and in_sight(t, sees):
            wrong = (t.box.width / t.box.height) / (t.natural[0] / t.natural[1])
            if max(wrong, 1 / wrong) > (1.15 if sign else 1.4) and (sign or min(t.box.width, t.box.height) > 20):
                yield (t.n,), (t.box,)


def broken(facts: Facts, sign: bool = False) -> Iterator[Place]:
    least, sees = (0, None) if sign else (8, facts)
    for t in facts.things.values():
        if t.tag == "img" and t.natural[0] == 0 and min(t.box.width, t.box.height) > least and in_sight(t, sees):
            yield (t.n,), (t.box,)


def small(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """What is pressed and lower or narrower than 11.5 px; a sign: WCAG's 24 px, with another target in a circle."""
    sees = None if sign else facts
    targets = [t for t in facts.things.values() if t.tag in ("button", "input", "a") and in_sight(t, sees)]
    for t in targets:
        side = min(t.box.width, t.box.height)
        if sign:
            if side < 13 or (side < TARGET and any(too_close(t.box, o.box) for o in targets if o.n != t.n)):
                yield (t.n,), (t.box,)
        elif side < 11.5 and (t.tag != "a" or t.display != "inline"):
            yield (t.n,), (t.box,)


def spilled(facts: Facts, sign: bool = False) -> Iterator[Place]:
    """Beyond argument where the words can be read, and where the box ends can be seen at the side they leave it by."""
    for t in facts.texts if sign else in_reach(facts):
        holder = next((a for a in (t, *facts.up(t)) if a.tag not in ("html", "body") and is_painted(a)), None)
        if holder is None or (not sign and is_taken_out(facts, t, holder)):
            continue
        if not sign and (t.hit < 0.5 or not stands_out(facts, holder)):
            continue
        whole = [line for line in t.lines if outside(line, t.clip) < 0.05]
        lost = [line for line in whole if outside(letters(line), holder.box) > (0.05 if sign else 0.35)]
        if lost and (sign or any(edge_shows(facts, holder.box, line) for line in lost)):
            yield (t.n,), (holder.box, *lost)


def crowded(facts: Facts, sign: bool = False) -> Iterator[Place]:
    for t in facts.texts if sign else in_reach(facts):
        steps = [b.top - a.top for a, b in pairwise(t.lines) if b.top > a.top + 1 and b.left < a.right]
        if steps and min(steps) < (0.9 if sign else 0.72) * t.size:
            yield (t.n,), t.lines


def content_on_content(facts: Facts, sign: bool = False) -> Iterator[Place]:
    low, high, sees = (0.02, 0.98, None) if sign else (0.15, 0.88, facts)
    solid = [(intersection(t.box, t.around), t) for t in facts.things.values() if is_solid(t, sees)]
    lines = [(letters(line), t) for t in (facts.texts if sign else in_reach(facts)) for line in t.lines]
    found: dict[tuple[int, int], list[Box]] = {}
    for (one, a), (other, b) in meeting([*solid, *lines]):
        if a.n == b.n or (a.tag not in CONTENT and b.tag not in CONTENT):
            continue
        shared = intersection(one, other)
        if not sign and (not on_page(facts, shared) or on_own_ground(facts, a, b, shared)):
            continue
        if low < shared.area / max(min(one.area, other.area), 1.0) < high and not facts.related(a, b):
            found.setdefault((min(a.n, b.n), max(a.n, b.n)), []).extend((one, other))
    for (first, second), boxes in found.items():
        if sign or pinned(facts, facts.things[first]) == pinned(facts, facts.things[second]):
            yield (first, second), tuple(boxes)


def blank(facts: Facts, sign: bool = False) -> Iterator[Place]:
    shown = [line for t in facts.texts for line in t.lines]
    shown += [t.box for t in facts.things.values() if is_solid(t) or (t.tag in DRAWN and t.box.area > 0)]
    reached = 0.0
    for box in [*sorted(shown, key=lambda b: b.top), Box(0, facts.height, 1, facts.height)]:
        if box.top - reached > (690 if sign else 900):
            yield ("page",), (Box(0.0, reached, float(WINDOW[0]), box.top),)
        reached = max(reached, box.bottom)
