"""What the detectors of pages share: the tree, who paints, who was taken out of the flow.

See ``inspection/render/web`` for the kinds and styles of a page's elements. All here is geometry and computed style.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from verl_visual_sdpo.inspection.detect.detector import TEXT_KINDS, is_finite, opacity, seen_lines, text_lines
from verl_visual_sdpo.inspection.detect.nearby import Boxes
from verl_visual_sdpo.inspection.geometry import (
    area,
    bounds,
    corners,
    intersection,
    overlap_area,
    share_inside,
    union,
)
from verl_visual_sdpo.types import Box, Element, Scene

CONTENT_KINDS = frozenset({"image", "button", "input", "picture", "chart", "table", "object"})
"""Boxes that are content themselves; the others hold some."""
REACHABLE = frozenset({"scroll", "auto"})
"""Ways of clipping after which a reader can still get at what is hidden."""
BEHIND = 0.5  # part of a text that must lie on something for that to be behind it
BETWEEN = 0.6  # part of what two texts share that something between them must cover
HIDDEN = 0.95  # part of a text under something opaque from which none of it is seen
OPAQUE = 0.85  # a background of less opacity lets what is under it be seen

# What could have moved a box, made it too small, or pushed its text out of it; most telling first.
MOVED = ("position", "spacing", "margin", "padding", "stacking", "layout", "size", "height", "width", "limits")
TOO_LOW = ("height", "bound", "size", "limits", "wrap", "layout", "spacing", "margin", "padding", "width", "text")
TOO_NARROW = ("width", "bound", "wrap", "size", "limits", "layout", "spacing", "margin", "padding", "height", "text")


@dataclass(frozen=True)
class Tree:
    """The elements of a page by id, and the way up from each."""

    scene: Scene
    by_id: dict[int, Element] = field(init=False)
    children: dict[int, list[Element]] = field(init=False)

    def __post_init__(self) -> None:
        children: dict[int, list[Element]] = {}
        for e in self.scene.elements:
            if e.parent is not None:
                children.setdefault(e.parent, []).append(e)
        object.__setattr__(self, "by_id", {e.id: e for e in self.scene.elements})
        object.__setattr__(self, "children", children)

    @cached_property
    def sheets(self) -> tuple[list[tuple[Element, Box]], Boxes]:
        """What may lie behind or over others, with what its clip leaves of it; and the places of these."""
        found = [
            (o, left)
            for o in self.scene.elements
            if o.kind not in TEXT_KINDS and o.kind != "page"
            if paints_over(o) or o.style.get("background_image") or o.kind == "image"
            if (left := _unclipped(o))
        ]
        return found, Boxes(left for _, left in found)

    def sheets_at(self, box: Box) -> Iterator[tuple[Element, Box]]:
        """Those of :attr:`sheets` that meet a box, the last painted first."""
        sheets, places = self.sheets
        yield from sorted((sheets[k] for k in places.near(box)), key=lambda sheet: order(sheet[0]), reverse=True)

    def up(self, e: Element) -> Iterator[Element]:
        """The ancestors, nearest first."""
        seen = {e.id}
        while e.parent is not None and e.parent in self.by_id and e.parent not in seen:
            seen.add(e.parent)
            e = self.by_id[e.parent]
            yield e

    def holds(self, ancestor: Element, e: Element) -> bool:
        """Whether ``e`` is ``ancestor`` or inside it."""
        return ancestor.id == e.id or any(a.id == ancestor.id for a in self.up(e))

    def related(self, a: Element, b: Element) -> bool:
        return self.holds(a, b) or self.holds(b, a)

    def layer(self, e: Element) -> Element | None:
        """The nearest element around ``e`` (or itself) that was taken out of the flow."""
        return self.by_id.get(e.style.get("layer"))

    def ground(self, e: Element) -> Element | None:
        """The nearest ancestor that paints something, the page and its body left out."""
        return next((a for a in self.up(e) if not _is_page(a) and a.style.get("visible_paint")), None)

    def texts(self, root: Element) -> Iterator[Element]:
        """The texts inside an element."""
        for child in self.children.get(root.id, ()):
            if child.kind in TEXT_KINDS:
                yield child
            else:
                yield from self.texts(child)


def _is_page(e: Element) -> bool:
    return e.kind == "page" or e.style.get("tag") == "body"


def page_of(scene: Scene) -> Element | None:
    return next((e for e in scene.elements if e.kind == "page"), None)


def seen(e: Element, scene: Scene) -> Box | None:
    """The part of an element's box that is in the picture and in its clip."""
    inside = intersection(e.box, scene.canvas) if is_finite(e) else None
    return inside if inside is None or e.clip is None else intersection(inside, e.clip)


def seen_share(e: Element, window: Box | None) -> float:
    """The part of a text's lines that lies in a box (None: nothing does)."""
    lines = text_lines(e)
    whole = sum(map(area, lines))
    if window is None or whole <= 0 or window.area <= 0:
        return 0.0
    return sum(overlap_area(line, corners(window)) for line in lines) / whole


def ink(e: Element) -> Box:
    """The box around a text's lines."""
    return bounds([point for line in text_lines(e) for point in line])


def parts(tree: Tree, e: Element) -> list[Box]:
    """The boxes that an element fills: the lines of a text; of a box in a text that was broken those of its words,
    since its own one goes around all lines."""
    if e.kind in TEXT_KINDS:
        return [bounds(line) for line in text_lines(e)]
    if e.style.get("display") != "inline" or e.kind in {"image", "input"}:
        return [e.box]
    lines: list[Box] = []
    for box in (bounds(line) for text in tree.texts(e) for line in text_lines(text)):
        if lines and box.top < lines[-1].bottom - 1.0 and box.bottom > lines[-1].top + 1.0:
            lines[-1] = union((lines[-1], box))
        else:
            lines.append(box)
    return lines if len(lines) > 1 else [e.box]


def is_content(e: Element) -> bool:
    """Whether a box is content itself: a link that looks like a button is one, a picture of made-up size is not."""
    if e.style.get("made_up"):
        return False
    return e.kind in CONTENT_KINDS or (e.kind == "link" and bool(e.style.get("visible_paint")))


def paints_over(e: Element) -> bool:
    """Whether a box hides what is under it. Pictures are taken at their word: most have no holes."""
    if opacity(e) < OPAQUE:
        return False
    if e.kind in {"image", "picture"}:
        return not e.style.get("broken")
    if e.kind in {"shape", "text-box", "placeholder", "table-cell"}:
        return bool(e.style.get("face")) or e.style.get("fill") in {"gradient", "picture"}
    full = bool(e.style.get("background")) and float(e.style.get("background_alpha") or 0.0) >= OPAQUE
    return e.kind not in TEXT_KINDS and (full or e.style.get("background_image") == "url")


def order(e: Element) -> tuple[float, int]:
    """When it is painted: later ones lie above."""
    return float(e.style.get("zorder") or 0.0), e.id


def painted_first(tree: Tree, box: Element, e: Element) -> bool:
    """Whether a box is painted before content of the same layer, wherever it stands in the document: first come the
    backgrounds of blocks in the flow, then what floats, then what stands in lines (CSS 2.2, appendix E)."""
    if box.style.get("zorder") != e.style.get("zorder"):
        return False
    for one in (box, *tree.up(box)):
        if tree.holds(one, e):
            return True
        display, position = str(one.style.get("display")), one.style.get("position")
        if position != "static" or one.style.get("float") or one.style.get("row") in {"row", "column", "grid"}:
            return False
        if display.startswith("inline") or one.kind in CONTENT_KINDS:
            return False
    return True


def line_share(a: Element, b: Element) -> float:
    """The largest part of a line that lies on a line of the other text, over the smaller of the two lines, of each what
    its clip leaves."""
    pairs = ((one, other) for one in seen_lines(a) for other in seen_lines(b))
    return max((overlap_area(one, other) / max(min(area(one), area(other)), 1.0) for one, other in pairs), default=0.0)


def between(tree: Tree, a: Element, b: Element) -> bool:
    """Whether something opaque lies between two texts, so that the lower one is not seen where they meet."""
    lower, upper = sorted((a, b), key=order)
    sheets = [
        up.box
        for up in tree.up(upper)
        if up.kind != "page" and order(up) > order(lower) and paints_over(up)
        if not tree.holds(up, lower) and not painted_first(tree, up, lower)
    ]
    common = intersection(ink(a), ink(b)) if sheets else None
    return common is not None and any(share_inside(common, box) > BETWEEN for box in sheets)


def sheet_behind(tree: Tree, e: Element) -> Element | None:
    """What lies right behind a text though it is no ancestor: a picture below a caption, a section below a bar, a block
    beside a float."""
    ground = tree.ground(e)
    lowest = order(ground) if ground is not None else (-1.0, -1)
    sheets = (
        o
        for o, left in tree.sheets_at(e.box)
        if o.style.get("visible_paint") and lowest < order(o) and share_inside(e.box, left) > BEHIND
        if not tree.holds(o, e) and (order(o) < order(e) or painted_first(tree, o, e))
    )
    return next(sheets, None)


def is_hidden(tree: Tree, e: Element) -> bool:
    """Whether something opaque is painted over all of an element."""
    return any(
        share_inside(e.box, left) >= HIDDEN and not tree.related(o, e) and not painted_first(tree, o, e)
        for o, left in tree.sheets_at(e.box)
        if order(o) > order(e) and paints_over(o)
    )


def _unclipped(e: Element) -> Box | None:
    """What its clip leaves of a box: the rest of it lies neither on nor behind anything."""
    if not is_finite(e):
        return None
    return e.box if e.clip is None else intersection(e.box, e.clip)


def too_small(box: Box, contents: Sequence[Box]) -> tuple[str, ...]:
    """What may be written wrong on a box that its contents stick out of: by the side where they stick out most."""
    below = max(max(c.bottom - box.bottom, box.top - c.top) for c in contents)
    beside = max(max(c.right - box.right, box.left - c.left) for c in contents)
    return TOO_NARROW if beside > below else TOO_LOW
