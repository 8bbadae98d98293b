"""horizontal-scroll

What
    The page is wider than the window: something reaches over its right edge.
Why
    What lies there is out of sight, and every line of the page slides sideways under the reader's hand.
Known limits
    The outermost elements that reach over the edge answer, worst first; what is inside of them follows. What an
    ancestor clips or scrolls by itself is not counted, nor what a page with ``overflow-x: hidden`` cuts off (that is
    ``off-screen``). Elements to the left of the page cannot be scrolled to: ``off-screen``, too.
Example
    ``<div style="width: 1600px">`` in a window of 1280 px
Options
    slack   px that the page may be wider
"""

from __future__ import annotations

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


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    page = page_of(scene)
    if page is None or page.style.get("overflow") in {"hidden", "clip"}:
        return
    tree, edge = Tree(scene), scene.canvas.right
    wide = {e.id for e in scene.elements if e.kind != "page" and _reach(e) > edge + limits.slack}
    outermost = [tree.by_id[i] for i in wide if not any(a.id in wide for a in tree.up(tree.by_id[i]))]
    if not outermost:
        return
    outermost.sort(key=lambda e: (-_reach(e), e.id))
    over = _reach(outermost[0]) - edge
    kept = outermost[:NAMED]
    yield Defect(
        detector="horizontal-scroll",
        severity=severity(over, limits.slack, WORST * edge, floor=0.6),
        boxes=tuple(e.box for e in kept),
        element_ids=tuple(e.id for e in kept),
        measured=round(over, 1),
        required=limits.slack,
        message=f"{quote(outermost[0])} reaches {over:.0f} px over the window's right edge, {limits.slack:g} px "
        "allowed: the page scrolls sideways",
        props=_props(outermost[0]),
    )


def _reach(e: Element) -> float:
    """How far to the right an element stretches the page; minus infinity for what does not."""
    if not is_finite(e) or e.box.area <= 0 or e.style.get("position") == "fixed":
        return float("-inf")
    if e.style.get("clip_kind") in REACHABLE | {"hidden", "clip"} and e.clip is not None:
        return min(e.box.right, e.clip.right)
    return e.box.right


def _props(e: Element) -> tuple[str, ...]:
    if e.kind in TEXT_KINDS:
        return ("wrap", "size", "position", "width", "text", "spacing", "font", "layout")
    if e.style.get("layered"):
        return ("position", "width", "spacing", "layout", "wrap")
    return ("width", "position", "spacing", "layout", "wrap", "height")


DETECTOR = Detector("horizontal-scroll", find, Limits())
