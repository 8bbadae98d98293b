"""Boxes that hide what sticks out of them and are as wide as the page: what they cut is cut by the page's own edge."""

from __future__ import annotations

from collections.abc import Iterator

from verl_visual_sdpo.inspection.detect.pages import REACHABLE, Tree
from verl_visual_sdpo.inspection.geometry import intersection
from verl_visual_sdpo.types import Box, Element

SLACK = 3.0  # px that edges may differ by
FAR = 1e6  # px: farther than any page


def is_cut_by_page(tree: Tree, e: Element, shown: Box) -> bool:
    """Whether a box as wide as the page cuts ``shown`` (the box or ink of ``e``) at the page's left or upper edge.

    What is hidden as a whole waits for its turn, and what is moved along with something wider than the page is a
    strip that passes by: neither is cut.
    """
    if e.clip is None or intersection(shown, e.clip) is None:
        return False
    left, top = _at_page_edge(tree, e)
    lost = (left and shown.left < -SLACK) or (top and shown.top < -SLACK)
    return lost and mover(tree, e, Box(0.0, 0.0, FAR, FAR)).box.width <= tree.scene.canvas.width


def clip_but_page(tree: Tree, e: Element) -> Box:
    """The clip of ``e`` without the edges that are the page's own."""
    left, top = _at_page_edge(tree, e)
    return Box(-FAR if left else e.clip.left, -FAR if top else e.clip.top, e.clip.right, e.clip.bottom)


def mover(tree: Tree, e: Element, window: Box) -> Element:
    """The outermost ancestor that sticks out of a window itself, else ``e``."""
    found = e
    for ancestor in tree.up(e):
        if ancestor.kind == "page" or max(beyond(ancestor.box, window)) <= 1.0:
            break
        found = ancestor
    return found


def beyond(box: Box, window: Box) -> tuple[float, float, float]:
    """px to the left of a window, above it and to its right; negative inside."""
    return window.left - box.left, window.top - box.top, box.right - window.right


def _at_page_edge(tree: Tree, e: Element) -> tuple[bool, bool]:
    """Whether what cuts ``e`` at the left, and above, is a box as wide as the page, at the page's own edge."""
    chain = list(_clippers(tree, e))
    left = next((c for c in chain if c.box.left >= -SLACK), None)
    top = next((c for c in chain if c.box.top >= -SLACK), None)
    return left is not None and _is_frame(tree, left), top is not None and _is_frame(tree, top) and top.box.top <= SLACK


def _is_frame(tree: Tree, c: Element) -> bool:
    wide = c.box.left <= SLACK and c.box.right >= tree.scene.canvas.right - SLACK
    return wide and c.style.get("overflow") not in REACHABLE


def _clippers(tree: Tree, e: Element) -> Iterator[Element]:
    """The boxes whose overflow clips ``e``, nearest first."""
    found, box = set(), tree.by_id.get(e.style.get("clipped_by"))
    while box is not None and box.id not in found:
        found.add(box.id)
        yield box
        box = tree.by_id.get(box.style.get("clipped_by"))
