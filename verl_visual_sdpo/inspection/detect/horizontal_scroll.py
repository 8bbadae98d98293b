"""horizontal-scroll

What
    The page is wider than the window: something reaches over its right edge.
Why
    What lies there is out of sight, and every line of the page slides sideways under the reader's hand.
Known limits
    The outermost elements that reach over the edge answer, the widest first; what is inside of them follows, but for
    boxes that grow with their content: there the content comes first. What an ancestor clips or scrolls by itself is
    not counted, nor what a page with ``overflow-x: hidden`` cuts off (that is ``off-screen``). Elements to the left of
    the page cannot be scrolled to: ``off-screen``, too. Whether the page scrolls is the browser's word: panels that are
    parked beside a window that they do not widen are clean.
Example
    ``<div style="width: 1600px">`` in a window of 1280 px
Options
    slack   px that the page may be wider
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import TEXT_KINDS, Detector, Finding, is_finite, quote, severity
from verl_visual_sdpo.inspection.detect.pages import REACHABLE, Tree, page_of
from verl_visual_sdpo.types import Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    slack: float = 4.0


WORST = 0.25  # of the window's width, from which it gets no worse
NAMED = 4  # elements named in one defect
MOST = 40  # with those inside of them
GROWING = ("inline-", "table")  # ways of display that take the width of their content


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    page = page_of(scene)
    if page is None or page.style.get("overflow") in {"hidden", "clip"}:
        return
    tree, edge = Tree(scene), scene.canvas.right
    end = float(page.style.get("scroll_width") or math.inf)
    if end <= edge + limits.slack:
        return
    wide = {e.id for e in scene.elements if e.kind != "page" and edge + limits.slack < _reach(e) <= end + 1.0}
    outermost = [tree.by_id[i] for i in wide if not any(a.id in wide for a in tree.up(tree.by_id[i]))]
    if not outermost:
        return
    outermost.sort(key=lambda e: (-e.box.width, -_reach(e), e.id))  # a wide one pushes the others out
    over = max(map(_reach, outermost)) - edge
    widest = [e for e in outermost if e.box.width >= outermost[0].box.width - 1.0]
    kept = [*(inner for e in widest for inner in _grown_by(tree, e, wide)), *outermost[:NAMED]]
    kept = list({e.id: e for e in kept}.values())[:MOST]
    yield Defect(
        detector="horizontal-scroll",
        severity=severity(over, limits.slack, WORST * edge, floor=0.6),
        boxes=tuple(e.box for e in kept),
        element_ids=tuple(e.id for e in kept),
        measured=round(over, 1),
        required=limits.slack,
        message=f"{quote(outermost[0])} reaches {over:.0f} px over the window's right edge, {limits.slack:g} px "
        "allowed: the page scrolls sideways",
        props=_props(kept[0], edge),
    )


def _grown_by(tree: Tree, e: Element, wide: set[int]) -> list[Element]:
    """What may have made an element wide that grows with its content (in a row, a grid, a table, a line), innermost
    first; nothing for one that has its width from its parent or of its own."""
    if e.style.get("row") not in {"row", "grid", "table"} and not str(e.style.get("display")).startswith(GROWING):
        return []
    found, front = [], [e]
    while front := [c for p in front for c in tree.children.get(p.id, ()) if c.id in wide and _as_wide(c, e)]:
        found = [*front, *found]
    return found


def _as_wide(inner: Element, outer: Element) -> bool:
    return inner.box.width >= 0.6 * outer.box.width


def _reach(e: Element) -> float:
    """How far to the right an element stretches the page; minus infinity for what does not."""
    if not is_finite(e) or e.box.area <= 0 or e.style.get("position") == "fixed":
        return float("-inf")
    if e.style.get("clip_kind") in REACHABLE | {"hidden", "clip"} and e.clip is not None:
        return min(e.box.right, e.clip.right)
    return e.box.right


def _props(e: Element, edge: float) -> tuple[str, ...]:
    if e.kind in TEXT_KINDS:
        return ("wrap", "width", "position", "text", "spacing", "margin", "padding", "size", "font", "layout")
    if e.style.get("layered") and e.box.width < edge:
        return ("position", "width", "spacing", "margin", "padding", "layout", "wrap")
    return ("width", "position", "spacing", "margin", "padding", "layout", "wrap", "height")


DETECTOR = Detector("horizontal-scroll", find, Limits())
