"""small-target

What
    A button, a field or a link is too small to be hit, with another one close by.
Why
    WCAG 2.2, 2.5.8 (AA): a target measures 24 by 24 px, or a circle of 24 px around its middle meets no other target.
Known limits
    Links in running text and native check boxes are exempt, as there. Areas that scripts make sensitive are not known.
    Targets of one list make one defect. Icon fonts come from elsewhere: a target that is one glyph of such is left out.
Example
    ``button { width: 12px; height: 12px; padding: 0 }``
Options
    px        least side of a target
    tiny      px of a side below which it is too small, whatever is near
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import TEXT_KINDS, Detector, Finding, is_icon, quote, severity
from verl_visual_sdpo.inspection.detect.nearby import Boxes
from verl_visual_sdpo.inspection.detect.pages import Tree, is_hidden, seen
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    px: float = 24.0
    tiny: float = 12.0


NATIVE = frozenset({"checkbox", "radio", "range", "color", "hidden"})


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    tree = Tree(scene)
    targets = [(e, box) for e in scene.elements if e.kind in {"button", "input", "link"} and (box := seen(e, scene))]
    places = Boxes(box for _, box in targets)
    small: dict[tuple, list[tuple[float, Element]]] = {}
    for e, box in targets:
        side = min(e.box.width, e.box.height)
        if side >= limits.px or _exempt(tree, e):
            continue
        near = (targets[k] for k in places.near(box, limits.px))
        others = [o for other, o in near if other.id != e.id and not tree.related(e, other)]
        if (side < limits.tiny or _too_close(box, others, limits.px)) and not is_hidden(tree, e):
            small.setdefault((_list_of(tree, e), e.kind), []).append((side, e))
    for members in small.values():
        yield _defect(members, limits)


def _list_of(tree: Tree, e: Element) -> int | None:
    """The nearest element around a target that holds more than it: for the links of a menu the same."""
    return next((up.id for up in tree.up(e) if len(tree.children[up.id]) > 1), e.parent)


def _exempt(tree: Tree, e: Element) -> bool:
    if (
        e.style.get("field") in NATIVE
        or e.style.get("disabled")
        or e.box.area <= 0
        or is_icon("".join(text.text for text in tree.texts(e)))
    ):
        return True
    if e.kind != "link" or not str(e.style.get("display") or "inline").startswith("inline"):
        return False
    siblings = tree.children.get(e.parent, ())
    return any(s.kind in TEXT_KINDS and s.kind != "marker" for s in siblings)  # a link in a sentence


def _too_close(box: Box, others: list[Box], px: float) -> bool:
    x, y = box.center
    return any(
        math.hypot(max(o.left - x, 0.0, x - o.right), max(o.top - y, 0.0, y - o.bottom)) < px / 2
        or (min(o.width, o.height) < px and math.dist((x, y), o.center) < px)
        for o in others
    )


def _defect(members: list[tuple[float, Element]], limits: Limits) -> Defect:
    members.sort(key=lambda item: (item[0], item[1].id))
    side, worst = members[0]
    more = f" and {len(members) - 1} more" if len(members) > 1 else ""
    return Defect(
        detector="small-target",
        severity=severity(side, limits.px, 6.0, floor=0.2),
        boxes=tuple(e.box for _, e in members),
        element_ids=tuple(e.id for _, e in members),
        measured=round(side, 1),
        required=limits.px,
        message=f"{quote(worst)}{more} measures {worst.box.width:.0f} x {worst.box.height:.0f} px, {limits.px:g} px "
        "each way required of what can be pressed",
        props=_props(worst),
        faulty=len(members),
    )


def _props(e: Element) -> tuple[str, ...]:
    first = ("height", "width") if e.box.height <= e.box.width else ("width", "height")
    return ("scale", *first, "bound", "size", "limits", "padding", "spacing", "margin", "position", "layout")


DETECTOR = Detector("small-target", find, Limits())
