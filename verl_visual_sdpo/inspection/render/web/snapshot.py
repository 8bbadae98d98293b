"""The snapshot of a page as a tree of nodes, in coordinates of the whole page.

What the protocol gives are parallel lists, one set for each document (frames are documents of their own, placed from
their own origin); see https://chromedevtools.github.io/devtools-protocol/tot/DOMSnapshot/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verl_visual_sdpo.types import Box

ELEMENT, TEXT = 1, 3


@dataclass(slots=True)
class Layout:
    """One box of the layout tree: computed ``styles`` by name, and for a text its lines (box, text)."""

    box: Box
    styles: Mapping[str, str]
    order: float  # when it is painted, later ones above
    client: Box | None = None  # the padding box without scroll bars
    scroll: tuple[float, float] = (0.0, 0.0)  # extent of the content
    text: str | None = None
    lines: list[tuple[Box, str]] = field(default_factory=list)


@dataclass(slots=True)
class Node:
    """``key`` is the value of our mark, "" where it has none. ``layouts`` is empty for what is not rendered; a list
    item's marker has two."""

    number: int
    kind: int
    name: str
    parent: Node | None
    backend: int
    attributes: Mapping[str, str]
    key: str
    frame: Node | None  # the iframe element whose document it is in
    pseudo: bool
    foreign: bool = False  # in svg, below the svg element itself
    layouts: list[Layout] = field(default_factory=list)

    @property
    def layout(self) -> Layout | None:
        return self.layouts[0] if self.layouts else None


def read(snapshot: Mapping[str, Any], names: Sequence[str], attribute: str) -> list[Node]:
    """All nodes in document order, frames behind their own document. ``names`` are those of the computed styles,
    ``attribute`` that of our mark."""
    return _Reader(snapshot, names, attribute).nodes


class _Reader:
    def __init__(self, snapshot: Mapping[str, Any], names: Sequence[str], attribute: str) -> None:
        self.strings, self.documents = snapshot["strings"], snapshot["documents"]
        self.names, self.attribute = tuple(names), attribute
        self.nodes: list[Node] = []
        waiting: list[tuple[int, Node | None, float, float]] = [(0, None, 0.0, 0.0)]
        while waiting:
            index, frame, left, top = waiting.pop(0)
            waiting += self._document(self.documents[index], frame, left, top)

    def _document(self, document: Mapping[str, Any], frame: Node | None, left: float, top: float) -> list[tuple]:
        nodes, own = document["nodes"], []
        for index, parent in enumerate(nodes["parentIndex"]):
            given = nodes["attributes"][index]
            attributes = {self._string(k): self._string(v) for k, v in zip(given[::2], given[1::2])}
            name = self._string(nodes["nodeName"][index]).lower()
            above = own[parent] if parent >= 0 else frame
            node = Node(
                number=len(self.nodes) + len(own),
                kind=nodes["nodeType"][index],
                name=name,
                parent=above,
                backend=nodes["backendNodeId"][index],
                attributes=attributes,
                key=attributes.get(self.attribute, ""),
                frame=frame,
                pseudo=name.startswith("::"),
                foreign=above is not None and (above.foreign or above.name == "svg"),
            )
            own.append(node)
        self._layout(document, own, left, top)
        _lower(own)
        self.nodes += own
        contents = nodes.get("contentDocumentIndex", {"index": [], "value": []})
        inner = []
        for index, value in zip(contents["index"], contents["value"]):
            layout = own[index].layout
            if layout is not None:
                origin = layout.client or layout.box
                inner.append((value, own[index], origin.left, origin.top))
        return inner

    def _layout(self, document: Mapping[str, Any], own: list[Node], left: float, top: float) -> None:
        layout, lines = document["layout"], self._lines(document["textBoxes"], left, top)
        for position, index in enumerate(layout["nodeIndex"]):
            words, box = layout["text"][position], _box(layout["bounds"][position], left, top)
            values = [self._string(v) for v in layout["styles"][position]]
            text = self._string(words) if words >= 0 else None
            entry = Layout(box, dict(zip(self.names, values)), layout["paintOrders"][position], text=text)
            client, scroll = layout["clientRects"][position], layout["scrollRects"][position]
            if client and (client[2] or client[3]):
                entry.client = _inside(box, client, layout["offsetRects"][position])
            if scroll:
                entry.scroll = (scroll[2], scroll[3])
            if text is not None:
                encoded = text.encode("utf-16-le", "surrogatepass")  # offsets count UTF-16 units
                for line, start, length in lines.get(position, ()):
                    piece = encoded[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")
                    entry.lines.append((line, piece))
            own[index].layouts.append(entry)

    def _lines(self, boxes: Mapping[str, Any], left: float, top: float) -> dict[int, list[tuple[Box, int, int]]]:
        found: dict[int, list[tuple[Box, int, int]]] = {}
        for index, bounds, start, length in zip(boxes["layoutIndex"], boxes["bounds"], boxes["start"], boxes["length"]):
            found.setdefault(index, []).append((_box(bounds, left, top), start, length))
        return found

    def _string(self, index: int) -> str:
        return self.strings[index] if index >= 0 else ""


def _lower(nodes: Sequence[Node]) -> None:
    """Put what has a negative z-index, with all inside of it, right below its stacking context: the browser numbers it
    behind the context's own content, which is painted above it."""
    contexts: dict[int, Layout | None] = {}  # by node: the one that it stands in
    below: dict[int, tuple[float, float]] = {}  # by node: the order that it had, and the one that it gets
    for node in nodes:
        around = node.parent.number if node.parent is not None else -1
        moved, context = below.get(around), contexts.get(around)
        if node.kind == ELEMENT and node.layout is not None and node.layout.styles:
            if context is not None and node.layout.styles["z-index"].startswith("-") and _has_order(node):
                moved = node.layout.order, context.order - 0.5
            context = node.layout if _stacks(node) else context
        contexts[node.number] = context
        if moved is not None:
            below[node.number] = moved
            for one in node.layouts:
                one.order = moved[1] + 0.001 * (one.order - moved[0])


def _has_order(node: Node) -> bool:
    """Whether its z-index counts: it is placed, or stands in a row or grid."""
    around = node.parent.layout if node.parent is not None else None
    display = around.styles.get("display", "") if around is not None else ""
    return node.layout.styles["position"] != "static" or "flex" in display or "grid" in display


def _stacks(node: Node) -> bool:
    """Whether an element paints all that is inside of it by itself: a stacking context (CSS 2.2, 9.9.1 and later)."""
    styles = node.layout.styles
    if node.name == "html" or styles["position"] in {"fixed", "sticky"} or float(styles["opacity"] or 1) < 1:
        return True
    if styles["z-index"] != "auto" and _has_order(node):
        return True
    unset = ("transform", "scale", "rotate", "filter", "clip-path")
    return any(styles[name] != "none" for name in unset) or styles["mix-blend-mode"] != "normal"


def _inside(box: Box, client: Sequence[float], offset: Sequence[float]) -> Box:
    """The padding box: ``client`` and ``offset`` are told as they were before any transform, the box as it is drawn."""
    wide = box.width / offset[2] if offset and offset[2] > 0 else 1.0
    high = box.height / offset[3] if offset and offset[3] > 0 else 1.0
    left, top = box.left + wide * client[0], box.top + high * client[1]
    return Box(left, top, left + wide * client[2], top + high * client[3])


def _box(bounds: Sequence[float], left: float, top: float) -> Box:
    x, y, width, height = bounds
    return Box(x + left, y + top, x + left + max(width, 0.0), y + top + max(height, 0.0))
