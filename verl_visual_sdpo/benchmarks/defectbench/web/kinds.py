"""The kinds of planted defects of pages: what is written, where, and by what the gauge knows it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from verl_visual_sdpo.benchmarks.defectbench.web import seen
from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Facts, Thing
from verl_visual_sdpo.benchmarks.defectbench.web.measures import ground_behind, is_painted
from verl_visual_sdpo.benchmarks.defectbench.web.seen import Place
from verl_visual_sdpo.benchmarks.defectbench.web.source import Edit, Source, Tag

TEXT_TAGS = (
    "h1",
    "h2",
    "h3",
    "p",
    "li",
    "td",
    "th",
    "a",
    "span",
    "strong",
    "dt",
    "dd",
    "figcaption",
    "label",
    "button",
)
BLOCKS = ("p", "h1", "h2", "h3", "div", "section", "li", "dd", "article", "aside", "figure")


@dataclass(frozen=True, slots=True)
class Plant:
    """A proposed twin: what a person did, and how it was written (inline, rule, attribute, insertion)."""

    change: str
    mechanism: str
    edit: Edit


@dataclass(frozen=True, slots=True)
class Kind:
    """``detectors`` are the ids that count as finding it, the first its own. ``look(facts, sign)`` yields where it is:
    beyond argument, or (``sign``) where anything speaks for it."""

    id: str
    detectors: tuple[str, ...]
    meaning: str
    propose: Callable[[Source, Facts, random.Random], Iterator[Plant]]
    look: Callable[[Facts, bool], Iterator[Place]]

    def places(self, facts: Facts) -> Iterator[Place]:
        return self.look(facts, False)

    def signs(self, facts: Facts) -> Iterator[Place]:
        return self.look(facts, True)


def _styled(
    source: Source, tag: Tag, change: str, declarations: tuple[str, ...], rng: random.Random
) -> Iterator[Plant]:
    """The same declarations as a style attribute and as a rule of their own, in any order."""
    ways = [("inline", source.inline(tag, declarations)), ("rule", source.by_rule(tag, declarations, f"b{tag.number}"))]
    rng.shuffle(ways)
    for mechanism, edit in ways:
        if edit is not None:
            yield Plant(change, mechanism, edit)


def _pick(
    source: Source, facts: Facts, rng: random.Random, wanted: Callable[[Thing], bool]
) -> Iterator[tuple[Tag, Thing]]:
    tags = list(source.tags)
    rng.shuffle(tags)
    for tag in tags:
        thing = facts.things.get(tag.number)
        if thing is not None and thing.shown and wanted(thing):
            yield tag, thing


def _has_text(t: Thing) -> bool:
    return t.tag in TEXT_TAGS and bool(t.lines) and len(t.text) >= 3


def faint(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, t in _pick(source, facts, rng, _has_text):
        ground = ground_behind(facts, t)
        if ground is None:
            continue
        step = rng.randrange(8, 26) * (-1 if sum(ground) > 380 else 1)
        color = "#{:02x}{:02x}{:02x}".format(*(round(min(max(c + step, 0), 255)) for c in ground))
        yield from _styled(source, tag, "faint color", (f"color: {color}",), rng)
        yield from _styled(source, tag, "faded out", (f"color: rgba({rng.randrange(90, 130)}, 120, 120, 0.2)",), rng)


def tiny(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, _ in _pick(source, facts, rng, _has_text):
        yield from _styled(source, tag, "small font", (f"font-size: {rng.choice((4, 5, 6))}px",), rng)
        yield from _styled(source, tag, "relative font", ("font-size: 0.35em",), rng)


def cut(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, t in _pick(source, facts, rng, lambda t: t.tag in BLOCKS and t.box.height > 30):
        height = f"height: {int(t.box.height * rng.uniform(0.3, 0.6))}px"
        yield from _styled(source, tag, "fixed height", (height, "overflow: hidden"), rng)
        yield from _styled(source, tag, "bounded height", (f"max-{height}", "overflow: hidden"), rng)
        if len(t.lines) == 1 and t.lines[0].width > 90:
            wide = f"width: {int(t.lines[0].width * 0.55)}px"
            yield from _styled(source, tag, "one line", (wide, "white-space: nowrap", "overflow: hidden"), rng)


def off_page(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, t in _pick(source, facts, rng, lambda t: t.tag in (*BLOCKS, "img") and 60 < t.box.width < 900):
        by = int(t.box.left + t.box.width * rng.uniform(0.3, 0.7))
        yield from _styled(source, tag, "negative margin", (f"margin-left: -{by}px",), rng)
        yield from _styled(source, tag, "relative", ("position: relative", f"left: -{by}px"), rng)
        yield from _styled(source, tag, "transform", (f"transform: translateX(-{by}px)",), rng)


def too_wide(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, t in _pick(source, facts, rng, lambda t: t.tag in (*BLOCKS, "img", "table") and t.box.width > 100):
        wide = rng.randrange(1400, 2200, 20)
        yield from _styled(source, tag, "fixed width", (f"width: {wide}px", "max-width: none"), rng)
        yield from _styled(source, tag, "least width", (f"min-width: {wide}px",), rng)
        if t.tag == "p" and len(t.lines) >= 2:
            yield from _styled(source, tag, "no wrapping", ("white-space: nowrap",), rng)


def overlapping_text(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, t in _pick(
        source, facts, rng, lambda t: t.tag in ("p", "h1", "h2", "h3", "ul", "table", "dd") and t.box.top > 100
    ):
        by = rng.randrange(30, 80)
        yield from _styled(source, tag, "negative margin", (f"margin-top: -{by}px",), rng)
        yield from _styled(source, tag, "relative", ("position: relative", f"top: -{by}px"), rng)
        if t.box.height > 60:
            yield from _styled(source, tag, "too low a box", (f"height: {int(t.box.height / 3)}px",), rng)


def covered(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, t in _pick(
        source, facts, rng, lambda t: t.tag in ("div", "article", "aside", "img", "header") and t.box.height > 60
    ):
        pull = int(min(t.box.height, 160) * rng.uniform(0.7, 0.95))
        if t.box.top > pull:  # else it would leave the page at the top: another kind
            up = f"margin-top: -{pull}px"
            yield from _styled(source, tag, "pulled up", (up, "position: relative", "background: #ccd5de"), rng)
        place = f"position: absolute; left: {int(t.box.left)}px; top: {int(t.box.top)}px"
        size = f"width: {int(t.box.width * 0.8)}px; height: {int(min(t.box.height, 300) * 0.8)}px"
        html = f'<div style="{place}; {size}; background: #c8d2dc"></div>'
        yield Plant("a box over it", "insertion", source.inserted(tag, html))


def shifted(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    def in_row(t: Thing) -> bool:
        row = [o for o in facts.things.values() if o.parent == t.parent and o.tag == t.tag and o.box.area > 100]
        level = [o for o in row if abs(o.box.top - t.box.top) < 1]
        return len(level) >= 3 and t.tag in ("div", "figure", "img", "a") and t.display != "inline"

    for tag, t in _pick(source, facts, rng, in_row):
        by = rng.randrange(8, 20)
        if by < 0.3 * t.box.height:
            yield from _styled(source, tag, "relative", ("position: relative", f"top: {by}px"), rng)
            yield from _styled(source, tag, "transform", (f"transform: translateY({by}px)",), rng)
            yield from _styled(source, tag, "margins", (f"margin-top: {by}px", f"margin-bottom: -{by}px"), rng)


def squashed(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, t in _pick(source, facts, rng, lambda t: t.tag == "img" and t.box.width > 60):
        high = int(t.box.height * rng.choice((0.4, 0.5, 1.9, 2.3)))
        yield from _styled(source, tag, "height", (f"height: {high}px",), rng)
        yield from _styled(source, tag, "both sides", (f"width: {int(t.box.width)}px", f"height: {high}px"), rng)


def broken(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, _ in _pick(source, facts, rng, lambda t: t.tag == "img"):
        src = tag.attributes.get("src") or ""
        edit = source.rewritten(tag, src, f"data:image/png;base64,iVBOR{rng.randrange(10**6)}")
        if edit:
            yield Plant("broken source", "attribute", edit)
        edit = source.rewritten(tag, f'src="{src}"', "")
        if edit:
            yield Plant("no source", "attribute", edit)


def small(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    def pressed(t: Thing) -> bool:
        return (t.tag in ("button", "input") or (t.tag == "a" and t.display != "inline")) and t.box.height >= 24

    for tag, t in _pick(source, facts, rng, pressed):
        yield from _styled(source, tag, "scaled down", (f"transform: scale({rng.choice((0.2, 0.25, 0.3))})",), rng)
        if t.tag == "input":
            yield from _styled(source, tag, "low field", (f"height: {rng.randrange(6, 11)}px", "padding: 0"), rng)


def spilled(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    def painted(t: Thing) -> bool:
        return t.tag not in ("html", "body", "img", "input") and is_painted(t) and t.box.width < 900

    for tag, t in _pick(source, facts, rng, painted):
        yield from _styled(source, tag, "too low", (f"height: {int(t.box.height * 0.35)}px", "padding-bottom: 0"), rng)
        if t.lines:
            narrow = f"width: {int(t.lines[0].width * 0.4)}px"
            yield from _styled(source, tag, "too narrow", (narrow, "padding: 12px 0", "white-space: nowrap"), rng)


def crowded(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, _ in _pick(source, facts, rng, lambda t: _has_text(t) and len(t.lines) >= 2):
        yield from _styled(
            source, tag, "line height", (f"line-height: {rng.choice(('0.4', '0.5', '0.6', '8px'))}",), rng
        )


def overlapping_content(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, t in _pick(
        source, facts, rng, lambda t: t.tag in ("img", "button", "input") or (t.tag == "a" and is_painted(t))
    ):
        side = int(t.box.width * rng.uniform(0.35, 0.6))
        down = int(t.box.height * rng.uniform(0.35, 0.6))
        yield from _styled(source, tag, "moved aside", ("position: relative", f"left: {side}px"), rng)
        yield from _styled(source, tag, "moved down", ("position: relative", f"top: {down}px"), rng)
        yield from _styled(source, tag, "negative margin", (f"margin-bottom: -{down}px",), rng)


def blank(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    for tag, t in _pick(
        source, facts, rng, lambda t: t.tag in ("section", "header", "article", "p", "h2") and t.box.height > 20
    ):
        much = rng.randrange(1100, 2400, 50)
        yield from _styled(source, tag, "margin", (f"margin-bottom: {much}px",), rng)
        yield from _styled(source, tag, "padding", (f"padding-bottom: {much}px",), rng)
        yield from _styled(source, tag, "height", (f"min-height: {int(t.box.height) + much}px",), rng)


_ALL = (
    Kind(
        "overlapping-text",
        ("text-overlap", "content-overlap", "covered-text"),
        "two texts lie on each other",
        overlapping_text,
        seen.text_on_text,
    ),
    Kind("cut-text", ("text-cut",), "a box hides the end of its text", cut, seen.cut),
    Kind("spilled-text", ("text-spills", "text-overlap"), "a text runs out of its painted box", spilled, seen.spilled),
    Kind("crowded-lines", ("lines-overlap",), "the lines of a text lie on each other", crowded, seen.crowded),
    Kind(
        "covered-text",
        ("covered-text", "text-overlap", "content-overlap"),
        "a box lies over a text",
        covered,
        seen.covered,
    ),
    Kind(
        "overlapping-content",
        ("content-overlap", "covered-text", "text-overlap"),
        "pictures, buttons, texts lie partly on each other",
        overlapping_content,
        seen.content_on_content,
    ),
    Kind("off-page", ("off-screen",), "content lies where no scrolling leads", off_page, seen.off_page),
    Kind("too-wide", ("horizontal-scroll",), "the page scrolls sideways", too_wide, seen.too_wide),
    Kind("faint-text", ("low-contrast",), "text can hardly be told from its ground", faint, seen.faint),
    Kind("tiny-text", ("tiny-text",), "text is too small to be read", tiny, seen.tiny),
    Kind("broken-picture", ("broken-picture",), "a picture shows nothing", broken, seen.broken),
    Kind("squashed-picture", ("squashed-picture",), "a picture has lost its shape", squashed, seen.squashed),
    Kind("shifted-item", ("misaligned-items",), "one of a row stands off its line", shifted, seen.shifted),
    Kind("small-target", ("small-target",), "what is to be pressed is too small", small, seen.small),
    Kind("blank-band", ("empty-page",), "a window's height of nothing", blank, seen.blank),
)

KINDS: dict[str, Kind] = {kind.id: kind for kind in _ALL}
