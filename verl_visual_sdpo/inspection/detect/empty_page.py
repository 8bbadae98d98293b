"""empty-page

What
    The page shows hardly anything, or nothing over a band higher than a window.
Why
    A reader who meets a whole window of nothing takes the page for finished, or for broken.
Known limits
    Content is text, pictures, fields, buttons and boxes no higher than a window with a picture behind; plain colour is
    ground, and so is the picture of a higher box.
    Only the picture of the whole page shows its bands.
Example
    ``<div style="height: 2400px"></div>`` between two sections
Options
    band    px of height without content that are allowed
    window  px: below the content of a page no higher than this there may be nothing but the window's rest
    chars   characters of text that a page without pictures needs
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import TEXT_KINDS, Detector, Finding, is_finite, severity, texts
from verl_visual_sdpo.inspection.detect.pages import CONTENT_KINDS, Tree, page_of, seen
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    band: float = 700.0
    window: float = 1100.0
    chars: float = 12


MOST = 0.7  # part of a band that the element fills which it belongs to
WORST = 2000.0  # px of nothing from which it gets no worse


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    page = page_of(scene)
    if page is None:
        return
    words = texts(scene)
    shown = [box for e in (*words, *(e for e in scene.elements if _counts(e, limits))) if (box := seen(e, scene))]
    chars = sum(len(e.text.strip()) for e in words if seen(e, scene))
    pictures = any(e.kind in CONTENT_KINDS and seen(e, scene) for e in scene.elements)
    if chars < limits.chars and not pictures:
        yield _nearly_empty(page, chars, limits)
        return
    top, bottom = _widest_band(shown, scene.canvas.bottom if scene.canvas.bottom > limits.window else 0.0)
    if bottom - top > limits.band:
        yield _band(Tree(scene), page, Box(0.0, top, scene.canvas.right, bottom), limits)


def _counts(e: Element, limits: Limits) -> bool:
    if not is_finite(e) or e.kind == "page":
        return False
    if e.kind in CONTENT_KINDS or e.kind in {"frame", "rule"}:
        return True
    return e.style.get("background_image") == "url" and e.box.height <= limits.window


def _widest_band(shown: list[Box], foot: float) -> tuple[float, float]:
    """The highest stretch of the page that no content reaches; ``foot``: where the page ends (0: with its content)."""
    reached, best = 0.0, (0.0, 0.0)
    for box in sorted(shown, key=lambda b: b.top):
        if box.top - reached > best[1] - best[0]:
            best = reached, box.top
        reached = max(reached, box.bottom)
    last = reached, foot
    return last if last[1] - last[0] > best[1] - best[0] else best


def _nearly_empty(page: Element, chars: int, limits: Limits) -> Defect:
    return Defect(
        detector="empty-page",
        severity=1.0,
        boxes=(page.box,),
        element_ids=(page.id,),
        measured=float(chars),
        required=float(limits.chars),
        message=f"the page shows {chars} characters of text and no picture, {limits.chars:g} required",
        props=("visible", "size", "position", "text"),
    )


def _band(tree: Tree, page: Element, band: Box, limits: Limits) -> Defect:
    (guilty, *stretching), props = _whose(tree, page, band)
    return Defect(
        detector="empty-page",
        severity=severity(band.height, limits.band, WORST, floor=0.4),
        boxes=(band,),
        element_ids=tuple(e.id for e in (guilty, *stretching)),
        measured=round(band.height, 0),
        required=limits.band,
        message=f"nothing is shown from {band.top:.0f} to {band.bottom:.0f} px: {band.height:.0f} px, {limits.band:g} "
        "allowed",
        props=props,
    )


def _whose(tree: Tree, page: Element, band: Box) -> tuple[list[Element], tuple[str, ...]]:
    """The element that the band belongs to: one whose margin or padding fills most of it, else one that must be so
    high at least, else the smallest one that fills it (of equals the inner one); behind it the boxes that it may owe
    its height to."""
    boxes = [e for e in tree.scene.elements if e.kind not in TEXT_KINDS | {"page"} and is_finite(e)]
    much, widest, prop = max(_spaces(boxes, band), key=lambda item: (item[0], -item[1].id), default=(0.0, page, ""))
    if much > 0.5 * band.height:
        return [widest], (prop, "position", "layout")
    around = {e.id: e for e in boxes if _fills(e.box, band)}
    held_open = [e for e in around.values() if _is_held_open(e)]
    found = min(
        held_open or (e for e in around.values() if not _is_stretched(tree, e, around)),
        key=lambda e: (e.box.area, -e.id),
        default=page,
    )
    props = ("height", "padding", "spacing", "margin", "size", "limits", "position", "layout", "visible")
    return [found, *_stretching(tree, found)], props


def _spaces(boxes: Iterable[Element], band: Box) -> Iterator[tuple[float, Element, str]]:
    """How much of a band each margin and padding above and below takes, px."""
    for e in boxes:
        for prop, outwards in (("margin", 1.0), ("padding", -1.0)):
            for side, edge, down in (("top", e.box.top, -outwards), ("bottom", e.box.bottom, outwards)):
                if (size := float(e.style.get(f"{prop}_{side}") or 0.0)) > 0.0:
                    top, bottom = sorted((edge, edge + size * down))
                    yield min(bottom, band.bottom) - max(top, band.top), e, prop


def _is_held_open(e: Element) -> bool:
    """Whether a box is no higher than it must be at least."""
    edges = sum(float(e.style.get(name) or 0.0) for name in ("padding_top", "padding_bottom", "border", "border"))
    return e.box.height <= float(e.style.get("min_height") or 0.0) + edges + 1.0


def _stretching(tree: Tree, e: Element) -> Iterator[Element]:
    """The boxes that a box takes its height from: those around it, as far as each is an item of a row, a column or a
    grid, or loose."""
    for above in tree.up(e):
        if above.kind == "page" or not (e.style.get("row") or e.style.get("loose")):
            return
        yield above
        e = above


def _is_stretched(tree: Tree, e: Element, around: Mapping[int, Element]) -> bool:
    """Whether it is but as high as what stands beside it: something in that one fills the band, nothing in it does."""

    def holds_one(one: Element) -> bool:
        return any(child.id in around for child in tree.children.get(one.id, ()))

    beside = [o for o in tree.children.get(e.parent, ()) if o.id != e.id and o.id in around]
    return not holds_one(e) and any(holds_one(o) and _side_by_side(o.box, e.box) for o in beside)


def _side_by_side(a: Box, b: Box) -> bool:
    return min(a.right, b.right) - max(a.left, b.left) <= 1.0


def _fills(box: Box, band: Box) -> bool:
    return min(box.bottom, band.bottom) - max(box.top, band.top) >= MOST * band.height


DETECTOR = Detector("empty-page", find, Limits())
