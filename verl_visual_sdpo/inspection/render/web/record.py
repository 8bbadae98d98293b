"""The facts of a page beside its picture: what likeness to another page is judged by."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from verl_visual_sdpo.inspection.geometry import bounds, intersection
from verl_visual_sdpo.inspection.render.web import colors
from verl_visual_sdpo.inspection.render.web.page import Capture, View
from verl_visual_sdpo.inspection.render.web.scene import Seen
from verl_visual_sdpo.inspection.render.web.snapshot import Node
from verl_visual_sdpo.types import Box, Element

THUMBNAIL = (320, 1280)
"""Width of the small picture, and its greatest height."""
_TEXTS = frozenset({"text", "heading", "link-text", "button-text"})
_HOLDERS = frozenset(
    "p h1 h2 h3 h4 h5 h6 div span a b li table td th button footer header figcaption".split()  # noqa: SIM905
)
"""Tags whose text Design2Code takes for one block."""


def record_of(seen: Sequence[Seen], capture: Capture, view: View, picture: Image.Image) -> Mapping[str, Any]:
    """See the head of this package."""
    extent = [int(v) for v in capture.reading["extent"]]
    canvas = Box(0.0, 0.0, float(picture.size[0]), float(picture.size[1]))
    return {
        "viewport": [view.width, view.height],
        "page": extent,
        "picture": list(picture.size),
        "cut": view.full_page and extent[1] > picture.size[1],
        "title": str(capture.reading["title"])[:500],
        "background": seen[0].element.style["background"],
        "texts": [text for s in seen if s.element.kind in _TEXTS and (text := _text(s, seen, canvas))],
        "pictures": [
            {"element": s.element.id, "box": _plain(s.element.box), "tag": s.element.style["tag"]}
            for s in seen
            if s.element.kind == "image"
        ],
        "thumbnail": _thumbnail(picture),
        "blocked": capture.answers.blocked.total(),
        "answered": capture.answers.answered,
        "tailwind": capture.answers.missed,
    }


def _text(seen: Seen, everything: Sequence[Seen], canvas: Box) -> dict[str, Any] | None:
    """None for a text of which nothing can be seen, or that no tag of the page holds (generated content, fields)."""
    element, node = seen.element, seen.node
    if node.pseudo or (node.parent is not None and node.parent.pseudo) or element.style.get("field"):
        return None
    window = canvas if element.clip is None else intersection(canvas, element.clip)
    quads = [element.outline[i : i + 4] for i in range(0, len(element.outline), 4)]
    style = element.style
    lines = [bounds(quad) for quad in quads] or [element.box]
    shown = [line for box in lines if window is not None and (line := intersection(box, window))]
    if not shown:
        return None
    return {
        "element": element.id,
        "text": element.text,
        "box": _plain(element.box),
        "lines": [_plain(line) for line in shown],
        "color": _painted(style),
        "background": style.get("behind_text", ""),
        "font_size": style["font_size"],
        "font_weight": style["font_weight"],
        "tag": style["tag"],
        "block": _block(element, everything),
        "holder": _holder(node),
    }


def _holder(node: Node) -> int:
    """A number of the nearest tag around a text that Design2Code takes for its holder; 0 where there is none."""
    here = node.parent
    while here is not None and here.name not in _HOLDERS:
        here = here.parent
    return 0 if here is None else here.number + 1


def _painted(style: Mapping[str, Any]) -> str:
    """The colour of a text laid over what is behind it; "" where it is not known."""
    color, ground = style.get("color") or "", style.get("behind_text") or ""
    if not color or not ground:
        return color
    return colors.hexadecimal(colors.over((*_shares(color), float(style["alpha"])), (*_shares(ground), 1.0)))


def _shares(color: str) -> tuple[float, float, float]:
    return tuple(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))


def _block(element: Element, everything: Sequence[Seen]) -> int:
    """The nearest ancestor that is a block: texts of one paragraph share it."""
    here = element
    while here.parent is not None and (here is element or str(here.style.get("display", "")).startswith("inline")):
        here = everything[here.parent].element
    return here.id


def _plain(box: Box) -> list[float]:
    return [round(v, 2) for v in (box.left, box.top, box.right, box.bottom)]


def _thumbnail(picture: Image.Image) -> dict[str, Any]:
    width = THUMBNAIL[0]
    height = max(round(picture.size[1] * width / picture.size[0]), 1)
    small = picture.convert("RGB").resize((width, height), Image.Resampling.BOX)
    small = small.crop((0, 0, width, min(height, THUMBNAIL[1])))
    out = io.BytesIO()
    small.save(out, format="PNG")
    return {"size": list(small.size), "png": base64.b64encode(out.getvalue()).decode()}
