"""Facts of an element read out of its computed styles."""

from __future__ import annotations

from collections.abc import Mapping

from verl_visual_sdpo.inspection.render.web import colors
from verl_visual_sdpo.inspection.render.web.snapshot import ELEMENT, Node


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


def px(value: str) -> float:
    try:
        return float(value.removesuffix("px"))
    except ValueError:  # normal, auto, a percentage
        return 0.0
