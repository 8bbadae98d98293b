"""text-spills

What
    A text runs out of the painted box that it belongs to: a long word in a narrow button, five lines in a card of fixed
    height.
Why
    The words lie on the neighbour's ground, or on none.
Known limits
    The nearest ancestor that paints a background or a border is the box; where it has a border alone, so is the next
    one. Text that was taken out of its flow (badges, tooltips) is clean. What merely floats belongs to its box where
    that has a colour or a border (where a picture ends is not known) and is not lower than a line: a rule that things
    hang below. Where the box hides what overflows, it is ``text-cut``.
Example
    ``.button { width: 60px; white-space: nowrap }`` around "Create an account"
Options
    slack   font sizes that the ink may reach out
    share   part of the text that may lie outside
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, font_px, quote, severity, texts
from verl_visual_sdpo.inspection.detect.pages import Tree, ink, seen_share, too_small
from verl_visual_sdpo.inspection.geometry import grow, intersection
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    slack: float = 0.2
    share: float = 0.05


WORST = 0.5  # share outside from which it gets no worse


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    tree = Tree(scene)
    spilled: dict[int, list[tuple[float, Element]]] = {}
    for e in texts(scene):
        if e.kind == "marker" or intersection(ink(e), scene.canvas) is None:
            continue  # off-screen, or hidden there on purpose
        for box in _boxes_of(tree, e):
            gone = 1.0 - seen_share(e, box.box)
            is_out = gone > limits.share and _out(ink(e), grow(box.box, limits.slack * font_px(e)))
            if is_out and _seen_outside(e, box) and not _leaves_on_purpose(tree, e, box) and box.box.area > 1.0:
                spilled.setdefault(box.id, []).append((gone, e))
                break
    for box_id, members in spilled.items():
        yield _defect(tree.by_id[box_id], members, limits)


def _boxes_of(tree: Tree, e: Element) -> Iterator[Element]:
    """The painted boxes that a text stands in, up to the first one whose ground is behind it."""
    box = tree.ground(e)
    while box is not None:
        yield box
        box = None if box.style.get("background") or box.style.get("background_image") else tree.ground(box)


def _leaves_on_purpose(tree: Tree, e: Element, box: Element) -> bool:
    layer = tree.layer(e)
    while layer is not None and layer.id != box.id and tree.holds(box, layer):
        if not _floats(layer) or not _ends_somewhere(box) or box.box.height < font_px(e):
            return True
        layer = next((found for up in tree.up(layer) if (found := tree.layer(up)) is not None), None)
    return False


def _floats(e: Element) -> bool:
    return bool(e.style.get("float")) and e.style.get("position") == "static" and not e.style.get("turned")


def _ends_somewhere(box: Element) -> bool:
    return bool(box.style.get("background")) or float(box.style.get("border") or 0.0) > 0


def _out(shown: Box, box: Box) -> bool:
    return shown.left < box.left or shown.right > box.right or shown.top < box.top or shown.bottom > box.bottom


def _seen_outside(e: Element, box: Element) -> bool:
    """Whether what sticks out can be seen: the box does not clip it."""
    return e.clip is None or _out(e.clip, grow(box.box, 1.0))


def _defect(box: Element, members: list[tuple[float, Element]], limits: Limits) -> Defect:
    members.sort(key=lambda item: (-item[0], item[1].id))
    gone, worst = members[0]
    more = f" and {len(members) - 1} more" if len(members) > 1 else ""
    return Defect(
        detector="text-spills",
        severity=severity(gone, limits.share, WORST),
        boxes=(box.box, *(e.box for _, e in members)),
        element_ids=(box.id, *(e.id for _, e in members)),
        measured=round(gone, 4),
        required=limits.share,
        message=f"{quote(worst)}{more} runs out of its {box.kind}: {gone:.0%} of it lies outside, {limits.share:.0%} "
        "allowed; give the box more room or let the text wrap",
        props=too_small(box.box, [ink(e) for _, e in members]),
    )


DETECTOR = Detector("text-spills", find, Limits())
