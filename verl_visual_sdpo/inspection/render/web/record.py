"""The facts of a page beside its picture: what likeness to another page is judged by."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image

from verl_visual_sdpo.inspection.geometry import bounds
from verl_visual_sdpo.inspection.render.web.page import Capture, View
from verl_visual_sdpo.inspection.render.web.scene import Seen
from verl_visual_sdpo.types import Box, Element

THUMBNAIL = (320, 1280)
"""Width of the small picture, and its greatest height."""
_TEXTS = frozenset({"text", "heading", "link-text", "button-text", "input-text"})


def record_of(seen: Sequence[Seen], capture: Capture, view: View, picture: Image.Image) -> Mapping[str, Any]:
    """See the head of this package."""
    extent = [int(v) for v in capture.reading["extent"]]
    return {
        "viewport": [view.width, view.height],
        "page": extent,
        "picture": list(picture.size),
        "cut": view.full_page and extent[1] > picture.size[1],
        "title": str(capture.reading["title"])[:500],
        "background": seen[0].element.style["background"],
        "texts": [_text(s, seen) for s in seen if s.element.kind in _TEXTS],
        "pictures": [
            {"element": s.element.id, "box": _plain(s.element.box), "tag": s.element.style["tag"]}
            for s in seen
            if s.element.kind == "image"
        ],
        "thumbnail": _thumbnail(picture),
        "blocked": capture.answers.blocked.total(),
        "answered": capture.answers.answered,
    }


def _text(seen: Seen, everything: Sequence[Seen]) -> dict[str, Any]:
    element = seen.element
    quads = [element.outline[i : i + 4] for i in range(0, len(element.outline), 4)]
    style = element.style
    return {
        "element": element.id,
        "text": element.text,
        "box": _plain(element.box),
        "lines": [_plain(bounds(quad)) for quad in quads] or [_plain(element.box)],
        "color": style.get("color", ""),
        "background": style.get("behind_text", ""),
        "font_size": style["font_size"],
        "font_weight": style["font_weight"],
        "tag": style["tag"],
        "block": _block(element, everything),
    }


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
