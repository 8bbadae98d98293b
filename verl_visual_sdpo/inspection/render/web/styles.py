"""Facts of an element read out of its computed styles."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from verl_visual_sdpo.inspection.render.web import colors
from verl_visual_sdpo.inspection.render.web.snapshot import ELEMENT, Node

REPLACED = frozenset({"img", "svg", "canvas", "video", "object", "embed", "iframe"})
"""Boxes that a transform holds on in a line, too."""
SCALING = ("transform", "scale", "zoom")
"""What draws an element and all in it larger or smaller than its computed sizes say."""


def scaled_by(node: Node, name: str) -> tuple[float, float]:
    """The factors, along and across the element's own lines, of one property of ``SCALING``; 1 for one that has no
    hold on it (a transform of a box in a line). A turn in space counts as none."""
    layout = node.layout
    if layout is None or layout.styles.get("display") == "contents":
        return 1.0, 1.0
    value = layout.styles.get(name, "")
    if name != "zoom" and _stands_in_a_line(node):
        return 1.0, 1.0
    numbers = _numbers(value)
    if name == "transform":
        if not value.startswith("matrix(") or len(numbers) != 6:
            return 1.0, 1.0
        return math.hypot(*numbers[:2]), math.hypot(*numbers[2:4])
    return (abs(numbers[0]), abs(numbers[min(1, len(numbers) - 1)])) if numbers else (1.0, 1.0)


def scale(node: Node) -> float:
    """The smaller factor of all of ``SCALING`` together."""
    along, across = zip(*(scaled_by(node, name) for name in SCALING))
    return min(math.prod(along), math.prod(across))


def axes(node: Node) -> tuple[float, float, float, float]:
    """Where rotate, scale and transform make the element's own right and down point to, (right x, right y, down x, down
    y); of a turn in space what is seen from the front."""
    layout = node.layout
    if layout is None or layout.styles.get("display") == "contents" or _stands_in_a_line(node):
        return 1.0, 0.0, 0.0, 1.0
    styles = layout.styles
    numbers = _numbers(styles.get("transform", "").removeprefix("matrix3d"))
    a, b, c, d = (numbers[:2] + numbers[4:6] if len(numbers) == 16 else numbers[:4]) or (1.0, 0.0, 0.0, 1.0)
    if sides := _numbers(styles.get("scale", "")):
        across = sides[min(1, len(sides) - 1)]
        a, b, c, d = sides[0] * a, across * b, sides[0] * c, across * d
    value = styles.get("rotate", "")
    if value.endswith("deg") and value[0] not in "xyz" and len(numbers := _numbers(value)) == 1:
        cos, sin = math.cos(math.radians(numbers[0])), math.sin(math.radians(numbers[0]))
        a, b, c, d = cos * a - sin * b, sin * a + cos * b, cos * c - sin * d, sin * c + cos * d
    return a, b, c, d


def _stands_in_a_line(node: Node) -> bool:
    return node.layout.styles.get("display") == "inline" and not node.foreign and node.name not in REPLACED


def _numbers(value: str) -> list[float]:
    return [float(n) for n in re.findall(r"-?[\d.]+(?:e[-+]?\d+)?", value)]


def paints(styles: Mapping[str, str]) -> bool:
    """Whether a box shows anything of its own: background, border, shadow or outline."""
    background = colors.parse(styles["background-color"])
    if background is None or background[3] > 0:
        return True
    if styles["background-image"] != "none" or styles["box-shadow"] != "none":
        return True
    if styles["outline-style"] not in {"none", "auto"} and px(styles["outline-width"]) > 0:
        return True
    sides = ("top", "right", "bottom", "left")
    return any(px(styles[f"border-{s}-width"]) > 0 and opaque(styles[f"border-{s}-color"]) for s in sides)


def opaque(color: str) -> bool:
    parsed = colors.parse(color)
    return parsed is None or parsed[3] > 0


def background_image(value: str) -> str:
    if value == "none":
        return ""
    return "url" if "url(" in value else "gradient"


def row(node: Node) -> str:
    """How the parent lays out its children; "" for block flow."""
    parent = node.parent
    if parent is None or parent.layout is None or parent.kind != ELEMENT:  # a drawing may be a document of its own
        return ""
    display = parent.layout.styles["display"]
    if "flex" in display:
        return "column" if parent.layout.styles["flex-direction"].startswith("column") else "row"
    if "grid" in display:
        return "grid"
    return "table" if display.startswith("table") else ""


def ellipsis(node: Node) -> bool:
    styles = node.layout.styles
    return styles["text-overflow"] == "ellipsis" or styles["-webkit-line-clamp"] != "none"


def radius(value: str, width: float) -> float:
    """Px of a computed corner, the horizontal one of two; ``width`` is that of its box."""
    first = value.split()[0] if value.split() else ""
    return float(first[:-1]) / 100.0 * width if first.endswith("%") else px(first)


def shift_of(styles: Mapping[str, str]) -> tuple[float, float] | None:
    """How far right and down a box was moved from its place in the flow, px; None where that cannot be told: it has
    left the flow, or was transformed by more than a shift."""
    if styles["position"] in {"absolute", "fixed", "sticky"}:
        return None
    x = y = 0.0
    if styles["position"] == "relative":
        x = px(styles["left"]) or -px(styles["right"])
        y = px(styles["top"]) or -px(styles["bottom"])
    if styles["transform"] == "none":
        return x, y
    matrix = _numbers(styles["transform"])
    if not styles["transform"].startswith("matrix(") or matrix[:4] != [1.0, 0.0, 0.0, 1.0]:
        return None
    return x + matrix[4], y + matrix[5]


def px(value: str) -> float:
    try:
        return float(value.removesuffix("px"))
    except ValueError:  # normal, auto, a percentage
        return 0.0
