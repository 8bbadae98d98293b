"""What a node takes from its ancestors: what clips it, how opaque it is, what is behind it, what lifts it off the flow.

Each is worked out once for every node from its parent's, in document order, so that no depth of nesting costs more.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from verl_visual_sdpo.inspection.geometry import intersection
from verl_visual_sdpo.inspection.render.web import colors
from verl_visual_sdpo.inspection.render.web.snapshot import ELEMENT, Node
from verl_visual_sdpo.inspection.render.web.styles import axes, px, scale
from verl_visual_sdpo.types import Box

_FROM_ELSEWHERE = re.compile(r"""url\(\s*["']?(?!data:)""", re.IGNORECASE)
_MATRIX = re.compile(r"matrix\([^,]+,\s*([^,]+),\s*([^,]+),")
_BLUR = re.compile(r"blur\(([\d.]+px)\)")
_OVERRIDES = frozenset({"bidi-override", "isolate-override"})
CLIPPING = ("hidden", "clip", "scroll", "auto")
_STRENGTH = {"visible": 0, "auto": 1, "scroll": 2, "hidden": 3, "clip": 4}
Axes = tuple[float, float, float, float]
STRAIGHT: Axes = (1.0, 0.0, 0.0, 1.0)
HEADLONG = -0.5  # how far to the left (cosine) the lines of a text may run before it stands on its head
WHITE: colors.Rgba = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Clip:
    """What is left to be seen (``box``) and the nearest element that clips (``by``)."""

    box: Box
    by: Node


@dataclass(slots=True)
class Around:
    """``clip`` of the node itself; ``inner`` and ``absolute`` those of its content in the flow and of boxes placed
    from it. ``opacity`` is the product down to it; ``ground`` the colour behind its content (None: a picture or a
    gradient, ``pictured`` says which), ``painter`` the element that gave it. ``layer`` is the nearest element out of
    the flow, ``list`` whether it stands in one, ``hidden`` whether an ancestor keeps its content back, ``turned``
    whether its box does not stand upright; ``link``, ``button`` and ``heading`` are the elements of these kinds that it
    stands in. ``scale`` is the product down to it of what draws it smaller or larger, ``shrinker`` the element that
    makes it smallest. ``axes`` is where its own right and down point to after all transforms (right x, right y, down
    x, down y), ``upset`` whether its text is mirrored or upside down by that. ``blur`` is the sum of all blurs down to
    it, px; ``forced`` the direction (ltr, rtl) in which its line puts letters whatever they are, "" for none."""

    clip: Clip | None = None
    inner: Clip | None = None
    absolute: Clip | None = None
    opacity: float = 1.0
    ground: colors.Rgba | None = WHITE
    pictured: str = ""
    painter: Node | None = None
    layer: Node | None = None
    list: bool = False
    hidden: bool = False
    turned: bool = False
    link: Node | None = None
    button: Node | None = None
    heading: Node | None = None
    scale: float = 1.0
    shrinker: Node | None = None
    axes: Axes = STRAIGHT
    upset: bool = False
    blur: float = 0.0
    forced: str = ""


def surroundings(nodes: Sequence[Node]) -> dict[int, Around]:
    """By the number of the node; nodes without a box pass on what they got."""
    found: dict[int, Around] = {}
    for node in nodes:
        above = found[node.parent.number] if node.parent is not None else Around()
        found[node.number] = _around(node, above)
    return found


def overflow_of(styles) -> str:
    """The stronger ``overflow`` of both axes."""
    return max((styles["overflow-x"], styles["overflow-y"]), key=lambda v: _STRENGTH.get(v, 0))


def _around(node: Node, above: Around) -> Around:
    layout = node.layout
    inherited = Around(
        above.inner, above.inner, above.absolute, above.opacity, above.ground, above.pictured, above.painter,
        above.layer, above.list, above.hidden or _kept_back(node), above.turned, above.link, above.button,
        above.heading, above.scale, above.shrinker, above.axes, above.upset,
        above.blur, above.forced,
    )  # fmt: skip
    if layout is None or node.kind != ELEMENT:
        return inherited
    styles, here = layout.styles, inherited
    position = styles["position"]
    if position == "fixed":
        here.clip = _of_frame(node)
    elif position == "absolute":
        here.clip = above.absolute
    placed = position != "static" or styles["transform"] != "none"
    here.inner = _inner(node, here.clip)
    here.absolute = here.inner if placed else above.absolute
    here.opacity = above.opacity * float(styles["opacity"] or 1)
    _ground(node, here)
    if lifts(styles):
        here.layer = node
    here.turned = above.turned or _turns(styles["transform"])
    here.scale = above.scale * (own := scale(node))
    if own < min(1.0, scale(above.shrinker) if above.shrinker is not None else 1.0):
        here.shrinker = node
    here.axes = _composed(above.axes, axes(node))
    here.upset = _is_upset(here.axes, styles.get("writing-mode", ""))
    here.blur = above.blur + sum(map(px, _BLUR.findall(styles["filter"])))
    if styles["unicode-bidi"] in _OVERRIDES:
        here.forced = styles["direction"]
    elif styles["display"] != "inline":
        here.forced = ""
    here.list = above.list or node.name in {"ul", "ol", "menu"}
    if node.name == "a" and "href" in node.attributes:
        here.link = node
    if is_button(node):
        here.button = node
    if len(node.name) == 2 and node.name[0] == "h" and node.name[1] in "123456":
        here.heading = node
    return here


def _turns(transform: str) -> bool:
    """Whether a computed ``transform`` turns or shears: ``matrix(a, b, c, d, x, y)`` with b or c."""
    found = _MATRIX.match(transform)
    return transform.startswith("matrix3d") or (found is not None and any(abs(float(v)) > 0.01 for v in found.groups()))


def _composed(outer: Axes, inner: Axes) -> Axes:
    """Axes of a box in one that is turned itself: the product of two matrices in CSS's order (a, b, c, d)."""
    a, b, c, d = outer
    return (
        a * inner[0] + c * inner[1], b * inner[0] + d * inner[1],
        a * inner[2] + c * inner[3], b * inner[2] + d * inner[3],
    )  # fmt: skip


def _is_upset(turned: Axes, mode: str) -> bool:
    """Whether lines along these axes are mirrored or run to the left. Those of a vertical mode run down at first."""
    a, b, c, d = turned
    if a * d - b * c < 0:
        return True
    along = turned[2:] if mode.startswith(("vertical", "sideways")) else turned[:2]
    return along[0] < HEADLONG * math.hypot(*along)


def _kept_back(node: Node) -> bool:
    """Whether it is the content of an element that shows none: details that are shut, content-visibility."""
    parent = node.parent
    if parent is None or parent.layout is None:
        return False
    if parent.name == "details" and "open" not in parent.attributes and node.name != "summary":
        return True
    return parent.layout.styles.get("content-visibility") == "hidden"


def is_button(node: Node) -> bool:
    kind = node.attributes.get("type", "").lower()
    if node.name == "input":
        return kind in {"submit", "button", "reset", "image"}
    return node.name in {"button", "summary"} or node.attributes.get("role", "").lower() == "button"


SIDES = ("top", "right", "bottom", "left")
UNMOVED = frozenset({"auto", "0px", "0%"})


def lifts(styles) -> bool:
    """Whether an element leaves the flow on purpose."""
    if styles["position"] in {"absolute", "fixed", "sticky"} or styles["float"] != "none":
        return True
    if styles["position"] == "relative" and any(styles.get(side, "auto") not in UNMOVED for side in SIDES):
        return True
    return styles["transform"] != "none" or any(
        styles[f"margin-{s}"].startswith("-") for s in ("top", "left", "right", "bottom")
    )


def _inner(node: Node, outer: Clip | None) -> Clip | None:
    """The clip of what is inside: the padding box of an element that clips. Of html and body the viewport takes it."""
    layout = node.layout
    if node.name == "iframe":
        return _joined(layout.client or layout.box, outer, node)
    if (
        overflow_of(layout.styles) not in CLIPPING
        or node.name in {"html", "body"}
        or layout.styles["display"] == "inline"
    ):
        return outer
    return _joined(layout.client or layout.box, outer, node)


def _joined(box: Box, outer: Clip | None, by: Node) -> Clip:
    if outer is None:
        return Clip(box, by)
    common = intersection(box, outer.box)
    return Clip(common or Box(box.left, box.top, box.left, box.top), by)


def _of_frame(node: Node) -> Clip | None:
    frame = node.frame
    return _joined(frame.layout.client or frame.layout.box, None, frame) if frame is not None and frame.layout else None


def _ground(node: Node, here: Around) -> None:
    styles = node.layout.styles
    color = colors.parse(styles["background-color"]) or colors.TRANSPARENT
    pictured = styles["background-image"] != "none" and styles["-webkit-background-clip"] != "text"
    if node.name == "iframe":  # a frame's document paints its own ground
        here.ground, here.pictured, here.painter = WHITE, "", node
        return
    if color[3] > 0 or pictured:
        here.painter = node
    if pictured:
        here.ground, here.pictured = None, "url" if _FROM_ELSEWHERE.search(styles["background-image"]) else "gradient"
    elif color[3] >= 1.0:
        here.ground, here.pictured = color, ""
    elif color[3] > 0 and here.ground is not None:
        here.ground = colors.over(color, here.ground)
