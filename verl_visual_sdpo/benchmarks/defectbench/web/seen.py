"""By what the bench's own browser shows it: one function a kind of defect, from facts to the places where it is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

from verl_visual_sdpo.benchmarks.defectbench.web.gauge import WINDOW, Facts, Thing
from verl_visual_sdpo.types import Box

Place = tuple[tuple, tuple[Box, ...]]
"""(what it is, compared between the clean page and its twin; where it is, px of the page)."""

CONTENT = frozenset({"img", "button", "input"})
PLAIN = ("rgba", "transparent")


def faint(facts: Facts) -> Iterator[Place]:
    for t in _texts(facts):
        ground = ground_behind(facts, t)
        if ground is not None and _contrast(t.color, ground) < 2.6:
            yield (t.n,), t.lines


def tiny(facts: Facts) -> Iterator[Place]:
    for t in _texts(facts):
        if t.size < 7.5:
            yield (t.n,), t.lines


def cut(facts: Facts) -> Iterator[Place]:
    for t in facts.things.values():
        if not _clips(t) or t.tag in ("html", "body"):
            continue
        lost = [line for inner in facts.inside(t) for line in inner.lines if _outside(line, t.box) > 0.3]
        kept = [line for inner in facts.inside(t) for line in inner.lines if _outside(line, t.box) < 0.9]
        if lost and kept:
            yield (t.n,), (t.box, *lost)


def off_page(facts: Facts) -> Iterator[Place]:
    for t in _texts(facts):
        lost = [line for line in t.lines if line.left < -12 or line.top < -12]
        if lost:
            yield (t.n,), tuple(lost)
    for t in facts.things.values():
        if t.tag in CONTENT and t.shown and t.box.area > 0 and (t.box.left < -12 or t.box.top < -12):
            yield (t.n,), (t.box,)


def too_wide(facts: Facts) -> Iterator[Place]:
    if facts.width > WINDOW[0] + 12:
        wide = [t.box for t in facts.things.values() if t.box.right > WINDOW[0] + 12]
        yield ("page",), (*wide, *(line for t in _texts(facts) for line in t.lines if line.right > WINDOW[0] + 12))


def text_on_text(facts: Facts) -> Iterator[Place]:
    for a, b in combinations(_texts(facts), 2):
        if (b.hit < 0.3 and _covers(facts, a, b)) or (a.hit < 0.3 and _covers(facts, b, a)):
            continue
        met = [(x, y) for x in a.lines for y in b.lines if _letters_meet(x, y)]
        if met:
            yield (a.n, b.n), tuple(box for pair in met for box in pair)


def covered(facts: Facts) -> Iterator[Place]:
    for t in _texts(facts):
        if t.hit < 0.7:
            yield (t.n,), t.lines


def shifted(facts: Facts) -> Iterator[Place]:
    """One of at least three like brothers stands off the line of the others."""
    for t in facts.things.values():
        brothers = [b for b in facts.things.values() if b.parent == t.parent and b.tag == t.tag and b.box.area > 100]
        if len(brothers) < 3 or t not in brothers:
            continue
        row = [b for b in brothers if b.n != t.n and abs(b.box.center[1] - t.box.center[1]) < 0.6 * t.box.height]
        tops = [b.box.top for b in row]
        if len(row) < 2 or max(tops) - min(tops) >= 1.5 or not 5 < abs(t.box.top - tops[0]) < 60:
            continue
        if abs(t.box.bottom - row[0].box.bottom) > 4 and abs(t.box.center[1] - row[0].box.center[1]) > 4:
            yield (t.n,), (t.box,)


def squashed(facts: Facts) -> Iterator[Place]:
    for t in facts.things.values():
        if t.tag == "img" and min(*t.natural, t.box.width, t.box.height) > 0 and t.fit == "fill":
            wrong = (t.box.width / t.box.height) / (t.natural[0] / t.natural[1])
            if max(wrong, 1 / wrong) > 1.4:
                yield (t.n,), (t.box,)


def broken(facts: Facts) -> Iterator[Place]:
    for t in facts.things.values():
        if t.tag == "img" and t.natural[0] == 0 and t.box.area > 0:
            yield (t.n,), (t.box,)


def small(facts: Facts) -> Iterator[Place]:
    for t in facts.things.values():
        pressed = t.tag in ("button", "input") or (t.tag == "a" and t.display != "inline")
        if pressed and t.shown and 0 < min(t.box.width, t.box.height) < 13:
            yield (t.n,), (t.box,)


def spilled(facts: Facts) -> Iterator[Place]:
    for t in _texts(facts):
        holder = next((a for a in (t, *facts.up(t)) if a.tag not in ("html", "body") and is_painted(a)), None)
        if holder is None or any(_clips(a) for a in (t, *facts.up(t)) if a.tag not in ("html", "body")):
            continue
        lost = [line for line in t.lines if _outside(line, holder.box) > 0.35]
        if lost:
            yield (t.n,), (holder.box, *lost)


def crowded(facts: Facts) -> Iterator[Place]:
    for t in _texts(facts):
        steps = [b.top - a.top for a, b in pairwise(t.lines) if b.top > a.top + 1]
        if steps and min(steps) < 0.72 * t.size:
            yield (t.n,), t.lines


def content_on_content(facts: Facts) -> Iterator[Place]:
    solid = [t for t in facts.things.values() if t.tag in CONTENT and t.shown and t.box.area > 0]
    for a, b in combinations(solid, 2):
        if _partly(a.box, b.box) and not facts.related(a, b):
            yield (a.n, b.n), (a.box, b.box)
    for a in solid:
        for t in _texts(facts):
            met = [line for line in t.lines if _partly(a.box, _letters(line))]
            if met and not facts.related(a, t) and a.tag != "a":
                yield (a.n, t.n), (a.box, *met)


def blank(facts: Facts) -> Iterator[Place]:
    shown = [line for t in _texts(facts) for line in t.lines]
    shown += [t.box for t in facts.things.values() if t.tag in CONTENT and t.box.area > 0]
    reached = 0.0
    for box in [*sorted(shown, key=lambda b: b.top), Box(0, facts.height, 1, facts.height)]:
        if box.top - reached > 900:
            yield ("page",), (Box(0.0, reached, float(WINDOW[0]), box.top),)
        reached = max(reached, box.bottom)


# --------------------------------------------------------------------------- measures


def _texts(facts: Facts) -> list[Thing]:
    return [t for t in facts.things.values() if t.lines and t.shown and t.tag not in ("title", "style", "script")]


def _common(a: Box, b: Box) -> float:
    wide, high = min(a.right, b.right) - max(a.left, b.left), min(a.bottom, b.bottom) - max(a.top, b.top)
    return max(wide, 0.0) * max(high, 0.0)


def _letters(line: Box) -> Box:
    """A line without the room above and below its letters."""
    return Box(line.left, line.top + 0.25 * line.height, line.right, line.bottom - 0.2 * line.height)


def _letters_meet(a: Box, b: Box) -> bool:
    inner = [_letters(line) for line in (a, b)]
    return _common(*inner) > 0.3 * min(box.area for box in inner)


def _outside(line: Box, box: Box) -> float:
    return 1.0 - _common(line, box) / max(line.area, 1.0)


def _partly(a: Box, b: Box) -> bool:
    return 0.15 < _common(a, b) / max(min(a.area, b.area), 1.0) < 0.88


def _clips(t: Thing) -> bool:
    return "hidden" in t.overflow or "clip" in t.overflow


def is_painted(t: Thing) -> bool:
    return t.ground[3] > 0.1 or t.border > 0.5 or t.picture


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


def _contrast(color, ground) -> float:
    def light(c) -> float:
        parts = [v / 255 / 12.92 if v / 255 <= 0.04045 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in c[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    shown = [color[3] * c + (1 - color[3]) * g for c, g in zip(color[:3], ground)]
    one, other = sorted((light(shown), light(ground)))
    return (other + 0.05) / (one + 0.05)
