"""Whose place, of all on a page, makes two elements lie on each other.

How a box can come to lie on another in CSS, the surest reason first: it was shifted by a known length (a relative
offset, a translation, a negative margin) without which the two would hardly touch; it is loose, and lies wherever it
was told (absolute, fixed, sticky, turned or scaled); something has outgrown a box that is too small for it. A float
makes room for itself, and a negative margin pulls no further than it is long: what they cannot have done they are
named for only where nothing else is to be found.
"""

from __future__ import annotations

from collections.abc import Iterator

from verl_visual_sdpo.inspection.detect.detector import TEXT_KINDS, font_px
from verl_visual_sdpo.inspection.detect.pages import MOVED, TOO_NARROW, Tree, ink, too_small
from verl_visual_sdpo.inspection.detect.slides import at_fault, is_deck
from verl_visual_sdpo.inspection.geometry import intersection
from verl_visual_sdpo.types import Box, Element

PULL = 4.0  # px of a negative margin that move what follows
LEFT = 0.25  # part of what two boxes share that may be left when a shift is undone that brought them together
PUSHED = ("position", "spacing", "margin", "padding", "size", "height", "width", "layout", "text")


def whose_doing(tree: Tree, a: Element, b: Element) -> tuple[Element, tuple[str, ...]]:
    """The element whose place makes ``a`` and ``b`` overlap, and what may have been written wrong on it.

    First the box that one of them has grown out of inside a layer that does not reach the other by itself; then a
    layer around one of them alone that was shifted by as much as they share; then the box around both that is too
    narrow for one of them; then a loose layer (the inner one if both stand in one); then the outermost box that one of
    them has grown out of; then a box between them with a negative margin; then any layer around one alone; else ``a``.
    """
    if is_deck(tree.scene):
        return at_fault(tree.scene, a, b)
    a, b = (tree.by_id.get(e.parent, e) if e.kind == "marker" else e for e in (a, b))  # it hangs outside of its item
    pairs = ((a, b), (b, a))
    for e, other in pairs:
        layer = tree.layer(e)
        inside = layer is not None and layer.id != e.id
        outgrown = outgrown_by(tree, e, other, layer) if inside else None
        if outgrown is not None and intersection(outgrown.box, _extent(other)) is None:
            return outgrown, too_small(outgrown.box, [_extent(e)])
    layers = [(layer, e, other) for e, other in pairs for layer in _layers(tree, e, other)]
    if shifted := [layer for layer, e, other in layers if _apart_without(layer, e, other)]:
        return _inner(tree, shifted), MOVED
    for e, other in pairs:
        if (narrow := _too_narrow_for(tree, e, other)) is not None:
            return narrow, TOO_NARROW
    if loose := [layer for layer, _, _ in layers if layer.style.get("loose")]:
        return _inner(tree, loose), MOVED
    for e, other in pairs:
        if (outgrown := outgrown_by(tree, e, other)) is not None:
            return outgrown, too_small(outgrown.box, [_extent(e)])
    if (pulled := _pulled_up(tree, a, b)) is not None:
        return pulled, MOVED
    return (_inner(tree, [layer for layer, _, _ in layers]), MOVED) if layers else (a, PUSHED)


def outgrown_by(tree: Tree, e: Element, other: Element | None = None, last: Element | None = None) -> Element | None:
    """The outermost box around ``e`` (not around ``other``, no further out than ``last``) that ``e`` sticks out of. An
    inline box is as high as its font, whatever stands in it."""
    extent, found = _extent(e), None
    for ancestor in tree.up(e):
        if ancestor.kind == "page" or (other is not None and tree.holds(ancestor, other)):
            break
        box = ancestor.box
        sticks_out = extent.bottom > box.bottom + 2 or extent.right > box.right + 2 or extent.left < box.left - 2
        if sticks_out and ancestor.style.get("display") != "inline":
            found = ancestor
        if last is not None and ancestor.id == last.id:
            break
    return found


def _layers(tree: Tree, e: Element, other: Element) -> Iterator[Element]:
    """The layers that ``e`` is or stands in and ``other`` does not, the inner ones first."""
    layer = tree.layer(e)
    while layer is not None and not tree.holds(layer, other):
        yield layer
        above = tree.by_id.get(layer.parent)
        layer = tree.layer(above) if above is not None else None


def _inner(tree: Tree, layers: list[Element]) -> Element:
    """The one deepest in the tree, of equals the one painted last."""
    return max(layers, key=lambda e: (sum(1 for _ in tree.up(e)), float(e.style.get("zorder") or 0.0), e.id))


def _apart_without(layer: Element, e: Element, other: Element) -> bool:
    """Whether hardly any of ``e`` would lie on ``other`` if one of the shifts of its layer were undone."""
    here, there = _extent(e), _extent(other)
    shared = _shared(here, there)
    return shared > 0.0 and any(_shared(_moved(here, x, y), there) <= LEFT * shared for x, y in _undone(layer))


def _undone(layer: Element) -> Iterator[tuple[float, float]]:
    """What takes back a shift of a box, (right, down) in px: its offset as a whole, each negative margin. A margin
    below or at the right pulls up what follows, which is taken back as well by moving the box the other way."""
    x, y = (float(layer.style.get(f"shift_{axis}") or 0.0) for axis in "xy")
    if x or y:
        yield -x, -y
    for side, (right, down) in {"top": (0, 1), "bottom": (0, -1), "left": (1, 0), "right": (-1, 0)}.items():
        pull = -float(layer.style.get(f"margin_{side}") or 0.0)
        if pull > 0.0:
            yield right * pull, down * pull


def _shared(a: Box, b: Box) -> float:
    common = intersection(a, b)
    return 0.0 if common is None else common.area


def _moved(box: Box, x: float, y: float) -> Box:
    return Box(box.left + x, box.top + y, box.right + x, box.bottom + y)


def _too_narrow_for(tree: Tree, e: Element, other: Element) -> Element | None:
    """The box right around a text and around ``other`` that the text runs out of sideways: its line stands nowhere."""
    holder = tree.by_id.get(e.parent)
    if e.kind not in TEXT_KINDS or holder is None or holder.kind == "page" or not tree.holds(holder, other):
        return None
    line, slack = ink(e), font_px(e)
    out = line.right > holder.box.right + slack or line.left < holder.box.left - slack
    return holder if out and line.width > holder.box.width else None


def _pulled_up(tree: Tree, a: Element, b: Element) -> Element | None:
    """The box between two elements, in the order of the document, whose negative margin has drawn the second one up."""
    low, high = sorted((a.id, b.id))
    between_them = [e for e in tree.scene.elements if low < e.id < high]
    found = min(between_them, key=_margin, default=None)
    return found if found is not None and _margin(found) < -PULL else None


def _margin(e: Element) -> float:
    return min(float(e.style.get("margin_top") or 0.0), float(e.style.get("margin_bottom") or 0.0))


def _extent(e: Element) -> Box:
    return ink(e) if e.kind in TEXT_KINDS else e.box
