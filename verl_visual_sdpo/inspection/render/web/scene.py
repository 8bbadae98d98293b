"""The elements of a page: see the head of this package for what they hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from verl_visual_sdpo.inspection.geometry import union
from verl_visual_sdpo.inspection.render.web import colors, text
from verl_visual_sdpo.inspection.render.web.network import PLACEHOLDER_SIZE, size_told
from verl_visual_sdpo.inspection.render.web.snapshot import ELEMENT, Layout, Node
from verl_visual_sdpo.inspection.render.web.styles import background_image, ellipsis, paints, px, radius, row, shift_of
from verl_visual_sdpo.inspection.render.web.surroundings import (
    CLIPPING,
    SIDES,
    Around,
    is_button,
    overflow_of,
    surroundings,
)
from verl_visual_sdpo.types import Box, Element

PICTURES = frozenset({"img", "svg", "canvas", "video", "object", "embed"})
FIELDS = frozenset({"input", "select", "textarea", "meter", "progress"})
UNSEEN = frozenset({"script", "style", "head", "title", "meta", "link", "br", "wbr", "option", "optgroup"})
MAX_ELEMENTS = 8000
"""Elements of a scene; a page with more is told by its first ones."""


@dataclass(frozen=True, slots=True)
class Seen:
    """An element before it has owners, with the node behind it and what is around that; ``grounds`` is what is around
    every node, by its number."""

    element: Element
    node: Node
    around: Around
    grounds: Mapping[int, Around]


def elements(nodes: Sequence[Node], reading: Mapping[str, Any], size: tuple[int, int]) -> list[Seen]:
    """The visible elements in document order, the page first. ``size`` is the picture's."""
    return _Builder(nodes, reading, size).build()


class _Builder:
    def __init__(self, nodes: Sequence[Node], reading: Mapping[str, Any], size: tuple[int, int]) -> None:
        self.nodes, self.reading, self.size = nodes, reading, size
        self.around = surroundings(nodes)
        self.seen: list[Seen] = []
        self.ids: dict[int, int] = {}  # number of a node -> id of its element, or of its nearest ancestor's
        self.own: dict[int, int] = {}  # number of a node -> id of its own element

    def build(self) -> list[Seen]:
        self._page()
        for node in self.nodes:
            if node.parent is not None:
                self.ids[node.number] = self.ids[node.parent.number]
            if len(self.seen) >= MAX_ELEMENTS:
                break
            if node.layouts and not node.foreign:
                self._box(node)
            if node.layouts:
                self._texts(node)
        return self.seen

    # ------------------------------------------------------------------ boxes

    def _page(self) -> None:
        root = next((n for n in self.nodes if n.kind == ELEMENT and n.name == "html"), None) or self.nodes[0]
        body = next((n for n in self.nodes if n.name == "body" and n.frame is None and n.layout), None)
        self.ids[self.nodes[0].number] = 0
        box = Box(0.0, 0.0, float(self.size[0]), float(self.size[1]))
        background = "#ffffff"
        styled = [n for n in (root, body) if n is not None and n.kind == ELEMENT and n.layout]  # a page may lose both
        for node in styled:
            color = colors.parse(node.layout.styles["background-color"])
            if color and color[3] > 0:
                background = colors.hexadecimal(colors.over(color, (1.0, 1.0, 1.0, 1.0)))
                break
        style = {"tag": root.name.lstrip("#"), "placed": "flow", "background": background, "background_alpha": 1.0}
        style["scroll_width"] = float(self.reading["extent"][0])
        sideways = [node.layout.styles["overflow-x"] for node in styled]
        style["overflow"] = next((value for value in sideways if value != "visible"), "visible")
        self.seen.append(Seen(Element(0, "page", box, style=style), root, Around(), self.around))

    def _box(self, node: Node) -> None:
        layout, around = node.layout, self.around[node.number]
        if node.kind != ELEMENT or node.name in UNSEEN or node.name.startswith("#") or node.name == "html":
            return
        if layout.text is not None or not self._visible(layout, around):
            return
        kind, painted = self._kind(node, layout), paints(layout.styles)
        if kind is None or self._below(layout.box):
            return
        if kind == "block" and painted:
            kind = "box"
        if layout.styles["display"] in {"inline", "contents"} and kind == "block":
            return
        style = self._common(node, layout, around) | self._box_style(node, layout, painted)
        words = node.attributes.get("alt", "") if kind == "image" else ""
        element = self._add(kind, layout.box, " ".join(words.split()), style, node, around)
        if node.name in FIELDS:
            self._field(node, layout, around, element.id)

    def _kind(self, node: Node, layout: Layout) -> str | None:
        if node.pseudo:
            return "block" if layout.text is None and node.name != "::marker" else None
        if node.name in PICTURES:
            return "image"
        if node.name == "a" and "href" in node.attributes:
            return "link"
        if is_button(node):
            return "button"
        if node.name in FIELDS:
            return None if node.attributes.get("type", "").lower() == "hidden" else "input"
        return {"td": "cell", "th": "cell", "iframe": "frame", "frame": "frame", "hr": "rule"}.get(node.name, "block")

    def _box_style(self, node: Node, layout: Layout, painted: bool) -> dict[str, Any]:
        styles = layout.styles
        color = colors.parse(styles["background-color"]) or colors.TRANSPARENT
        style: dict[str, Any] = {
            "visible_paint": painted or node.name in PICTURES | FIELDS | {"hr", "button"},
            "background": colors.hexadecimal(color) if color[3] > 0 else "",
            "background_alpha": round(color[3], 3),
            "background_image": background_image(styles["background-image"]),
            "border": max(px(styles[f"border-{side}-width"]) for side in ("top", "right", "bottom", "left")),
            "radius": radius(styles["border-top-left-radius"], layout.box.width),
            **{f"margin_{side}": px(styles[f"margin-{side}"]) for side in SIDES},
            "padding_top": px(styles["padding-top"]),
            "padding_bottom": px(styles["padding-bottom"]),
            "min_height": px(styles["min-height"]),
            "shadow": styles["box-shadow"] != "none",
            "overflow": overflow_of(styles),
            "row": row(node),
        }
        if (shift := shift_of(styles)) is None:
            style["loose"] = True
        elif any(shift):
            style |= {"shift_x": shift[0], "shift_y": shift[1]}
        if style["overflow"] in CLIPPING:
            style |= {"scroll_width": layout.scroll[0], "scroll_height": layout.scroll[1]}
        if node.name == "img":
            unknown = (0, 0, False)  # where our own reading does not reach, as into closed shadow trees
            width, height, complete = self.reading["images"].get(node.key, unknown)
            style |= {"broken": bool(complete and not width)}
            guessed = (width, height) == PLACEHOLDER_SIZE and _is_guessed(node.attributes.get("src", ""))
            style |= {"natural_width": 0 if guessed else width, "natural_height": 0 if guessed else height}
            style["made_up"] = guessed and (round(layout.box.width), round(layout.box.height)) == PLACEHOLDER_SIZE
            style |= {"object_fit": styles["object-fit"], "alt": node.attributes.get("alt", "")}
        if node.name in FIELDS:
            style |= {
                "field": node.attributes.get("type", node.name).lower(),
                "disabled": "disabled" in node.attributes,
            }
        if node.name == "a":
            style["href"] = node.attributes.get("href", "")[:200]
        return style

    def _field(self, node: Node, layout: Layout, around: Around, parent: int) -> None:
        """What a field shows is drawn by the browser in a tree of its own that no snapshot shows: its place is that of
        the field's inside, its lines are not known."""
        words, is_placeholder = self.reading["fields"].get(node.key, ("", False))
        kind = node.attributes.get("type", "text").lower()
        if not words.strip() or kind in {"checkbox", "radio", "range", "color", "file", "image", "hidden"}:
            return
        style = self._common(node, layout, around) | self._text_style(layout, around, 1)
        if is_placeholder:
            style["color"] = ""  # the placeholder's own colour is not told
        style |= {"interactive": True, "field": kind}
        kind = "button-text" if is_button(node) else "input-text"
        self._add(kind, layout.client or layout.box, " ".join(words.split()), style, node, around, parent=parent)

    # ------------------------------------------------------------------ texts

    def _texts(self, node: Node) -> None:
        around = self.around[node.number]
        for layout in node.layouts:
            if layout.text is None or not layout.text.strip():
                continue
            found = text.lines(layout)
            if not found or not self._visible(layout, around):
                continue
            box = union(box for box, _ in found)
            if self._below(box):
                continue
            style = self._common(node, layout, around) | self._text_style(layout, around, len(found))
            kind, outline = self._text_kind(node, around), text.outline(found)
            if kind == "heading":
                style["level"] = int(around.heading.name[1])
            self._add(kind, box, text.shown(layout), style, node, around, outline=outline)

    def _text_kind(self, node: Node, around: Around) -> str:
        if node.name == "::marker":
            return "marker"
        if around.button is not None:
            return "button-text"
        if around.heading is not None:
            return "heading"
        return "link-text" if around.link is not None else "text"

    def _text_style(self, layout: Layout, around: Around, count: int) -> dict[str, Any]:
        styles = layout.styles
        fill = colors.parse(styles["-webkit-text-fill-color"]) or colors.parse(styles["color"])
        clipped = styles["-webkit-background-clip"] == "text"
        alpha = around.opacity * (fill[3] if fill else 1.0)
        style = {
            "color": colors.hexadecimal(fill) if fill and fill[3] > 0 and not clipped else "",
            "alpha": round(alpha, 4) if fill and fill[3] > 0 else round(around.opacity, 4) if clipped else 0.0,
            "behind_text": colors.hexadecimal(around.ground) if around.ground else "",
            "behind_picture": around.pictured,
            "font_size": round(around.scale * px(styles["font-size"]), 4),
            "font_weight": int(float(styles["font-weight"])),
            "font_family": styles["font-family"][:100],
            "italic": styles["font-style"] != "normal",
            "line_height": round(around.scale * px(styles["line-height"]), 4),
            "letter_spacing": round(around.scale * px(styles["letter-spacing"]), 4),
            "text_align": styles["text-align"],
            "white_space": "nowrap" if styles["text-wrap-mode"] == "nowrap" else styles["white-space-collapse"],
            "text_decoration": styles["text-decoration-line"],
            "text_shadow": styles["text-shadow"] != "none",
            "lines": count,
        }
        if around.link is not None or around.button is not None:
            style["interactive"] = True
        if around.link is not None:
            style["href"] = around.link.attributes.get("href", "")[:200]
        return style

    # ------------------------------------------------------------------ both

    def _common(self, node: Node, layout: Layout, around: Around) -> dict[str, Any]:
        holder = node if node.kind == ELEMENT and not node.pseudo else node.parent
        styled = node if node.pseudo else holder
        box = styled.layout.styles if styled is not None and styled.kind == ELEMENT and styled.layout else layout.styles
        clip, layer = around.clip if node.kind == ELEMENT else around.inner, around.layer
        style = {
            "tag": holder.name if holder is not None else "",
            "placed": "flow",
            "display": box["display"],
            "position": box["position"],
            "zorder": layout.order,
            "alpha": round(around.opacity, 4),
            "layered": layer is not None,
            "layer": self.own.get(layer.number) if layer is not None else None,
            "clipped_by": self.own.get(clip.by.number) if clip is not None else None,
            "clip_kind": overflow_of(clip.by.layout.styles) if clip is not None else None,
            "ellipsis": ellipsis(clip.by) if clip is not None else False,
            "list": around.list,
        }
        if around.link is node or around.button is node or node.name in FIELDS:
            style["interactive"] = True
        if around.turned:
            style["turned"] = True
        if box["float"] != "none":
            style["float"] = box["float"]
        return style

    def _add(
        self, kind: str, box: Box, words: str, style: Mapping[str, Any], node: Node, around: Around, *,
        outline: tuple = (), parent: int | None = None,
    ) -> Element:  # fmt: skip
        clip = around.clip if node.kind == ELEMENT and kind not in {"input-text", "marker"} else around.inner
        own = len(self.seen)
        panel = self.own.get(node.frame.number, 0) if node.frame is not None else 0
        element = Element(
            own, kind, box, words, style, parent=self.ids[node.number] if parent is None else parent, panel=panel,
            clip=clip.box if clip is not None else None, outline=outline,
        )  # fmt: skip
        self.seen.append(Seen(element, node, around, self.around))
        if outline == () and parent is None:
            self.ids[node.number] = self.own[node.number] = own
            if around.layer is node:
                style["layer"] = own
        return element

    def _visible(self, layout: Layout, around: Around) -> bool:
        box = layout.box
        if around.hidden:
            return False
        return layout.styles["visibility"] == "visible" and around.opacity > 0 and box.width > 0 and box.height > 0

    def _below(self, box: Box) -> bool:
        """Whether the picture ended before: not to be seen because we did not look so far."""
        return box.top >= self.size[1]


def _is_guessed(address: str) -> bool:
    """Whether a picture came from elsewhere and its size had to be made up."""
    if address.lower().startswith(("data:", "blob:")):
        return False
    try:
        return size_told(address) is None
    except ValueError:  # no address at all
        return True
