"""Colours and text properties of a deck as they come out of its layers: run, paragraph, shape, layout, master, theme.

Everything is read from the XML (ECMA-376, DrawingML); colours come out as ``#rrggbb`` with an opacity.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Iterator
from typing import Any

from PIL import ImageColor
from pptx.oxml.ns import qn

DEFAULT_POINTS = 18.0
"""The size of text that no layer sizes (ECMA-376, 21.1.2.3.9)."""
_PREFIXES = {"dk": "dark", "lt": "light", "med": "medium"}
"""Of DrawingML's preset colors, which are otherwise CSS's by name."""
_COLOR_TAGS = tuple(qn(f"a:{tag}") for tag in ("srgbClr", "schemeClr", "sysClr", "prstClr", "scrgbClr", "hslClr"))
_FILLS = {
    qn("a:solidFill"): "solid",
    qn("a:gradFill"): "gradient",
    qn("a:blipFill"): "picture",
    qn("a:pattFill"): "pattern",
    qn("a:noFill"): "none",
}
_MAPPED = {"bg1": "lt1", "tx1": "dk1", "bg2": "lt2", "tx2": "dk2"}


class Theme:
    """The named colours of one master."""

    def __init__(self, master: Any) -> None:
        self._named: dict[str, str] = {}
        theme = next((r.target_part for r in master.part.rels.values() if r.reltype.endswith("/theme")), None)
        if theme is not None:
            from pptx.oxml import parse_xml

            for scheme in parse_xml(theme.blob).iter(qn("a:clrScheme")):
                for entry in scheme:
                    if len(entry):
                        value = entry[0].get("lastClr") or entry[0].get("val") or "000000"
                        self._named[entry.tag.rpartition("}")[2]] = value.lower()
        mapping = master._element.find(qn("p:clrMap"))
        self._map = dict(_MAPPED, **(dict(mapping.attrib) if mapping is not None else {}))

    def color(self, holder: Any) -> tuple[str, float] | None:
        """(hex, opacity) of the colour that an element holds, None where it holds none that is known."""
        child = None if holder is None else next((c for c in holder if c.tag in _COLOR_TAGS), None)
        if child is None:
            return None
        tag, value = child.tag.rpartition("}")[2], child.get("val", "")
        if tag == "srgbClr":
            base = value
        elif tag == "schemeClr":
            base = self._named.get(self._map.get(value, value), "")
        elif tag == "sysClr":
            base = child.get("lastClr", "000000")
        elif tag == "prstClr":
            base = _preset(value)
        elif tag == "scrgbClr":
            base = _hex(_encoded(_share(child.get(part))) for part in "rgb")
        else:
            hue = _number(child.get("hue")) / (360 * 60_000)
            base = _hex(colorsys.hls_to_rgb(hue % 1.0, _share(child.get("lum")), _share(child.get("sat"))))
        return _changed(base, child) if len(base) == 6 else None

    def fill(self, properties: Any, style: Any = None) -> tuple[str, str | None, float]:
        """(solid, gradient, picture, pattern, none or inherited; hex or None; opacity) of ``spPr``-like properties.

        ``style`` is the shape's ``p:style``, whose ``fillRef`` speaks where the properties say nothing.
        """
        for child in properties if properties is not None else ():
            if child.tag in _FILLS:
                kind, found = _FILLS[child.tag], self.color(child)
                return (kind, *(found or (None, 1.0)))
        reference = None if style is None else style.find(qn("a:fillRef"))
        if reference is not None:
            if reference.get("idx", "0") == "0":
                return "none", None, 1.0
            return ("solid", *(self.color(reference) or (None, 1.0)))
        return "inherited", None, 1.0

    def edge(self, properties: Any, style: Any = None) -> tuple[str | None, float | None]:
        """(hex or None, width in EMU or None) of a shape's outline."""
        line = None if properties is None else properties.find(qn("a:ln"))
        width = float(line.get("w")) if line is not None and (line.get("w") or "").isdigit() else None
        if line is not None and line.find(qn("a:noFill")) is not None:
            return None, width
        found = self.color(line.find(qn("a:solidFill"))) if line is not None else None
        reference = None if style is None else style.find(qn("a:lnRef"))
        if found is None and reference is not None and reference.get("idx", "0") != "0":
            found, width = self.color(reference), width if width is not None else 12700.0
        return (found[0] if found else None), width


def _preset(name: str) -> str:
    for short, long in _PREFIXES.items():
        if name.startswith(short) and name[len(short) : len(short) + 1].isupper():
            name = long + name[len(short) :]
    try:
        return bytes(ImageColor.getrgb(name)).hex()
    except ValueError:
        return ""


def _hex(parts: Iterable[float]) -> str:
    return "".join(f"{round(min(max(part, 0.0), 1.0) * 255):02x}" for part in parts)


def _encoded(linear: float) -> float:
    """A linear part of a color as sRGB has it."""
    return 12.92 * linear if linear <= 0.0031308 else 1.055 * linear ** (1 / 2.4) - 0.055


def _share(text: str | None) -> float:
    """A percentage as written by PowerPoint (``50000``) or in ECMA-376's strict form (``50%``), in [0, 1]."""
    text = text or ""
    share = _number(text[:-1]) / 100 if text.endswith("%") else _number(text) / 100_000
    return min(max(share, 0.0), 1.0)


def _number(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _changed(base: str, color: Any) -> tuple[str, float]:
    """A base colour with the changes (luminance, tint, shade, alpha) that its element asks for."""
    rgb = [int(base[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    alpha = 1.0
    for change in color:
        name, text = change.tag.rpartition("}")[2], change.get("val", "")
        amount = int(text) / 100_000 if text.lstrip("-").isdigit() else 1.0
        if name == "alpha":
            alpha = amount
        elif name in ("lumMod", "lumOff"):
            hue, light, saturation = colorsys.rgb_to_hls(*rgb)
            light = light * amount if name == "lumMod" else light + amount
            rgb = list(colorsys.hls_to_rgb(hue, min(max(light, 0.0), 1.0), saturation))
        elif name == "shade":
            rgb = [c * amount for c in rgb]
        elif name == "tint":
            rgb = [c * amount + 1 - amount for c in rgb]
    return "#" + _hex(rgb), min(max(alpha, 0.0), 1.0)


class TextStyle:
    """What a paragraph or run of one text body is set in, through all layers, nearest first.

    ``layers`` are the ``a:lstStyle``-like elements that apply to the body.
    """

    def __init__(self, layers: list[Any]) -> None:
        self._layers = [layer for layer in layers if layer is not None]

    def points(self, run: Any, paragraph: Any) -> float:
        """The declared font size in points."""
        text = self._run_attribute("sz", run, paragraph)
        return int(text) / 100 if text and text.isdigit() else DEFAULT_POINTS

    def family(self, run: Any, paragraph: Any) -> str:
        """The typeface asked for; ``+mn-lt`` and ``+mj-lt`` are the theme's."""
        for properties in self._run_properties(run, paragraph):
            latin = properties.find(qn("a:latin"))
            if latin is not None and latin.get("typeface"):
                return latin.get("typeface")
        return ""

    def bold(self, run: Any, paragraph: Any) -> bool:
        return self._run_attribute("b", run, paragraph) in ("1", "true")

    def italic(self, run: Any, paragraph: Any) -> bool:
        return self._run_attribute("i", run, paragraph) in ("1", "true")

    def align(self, paragraph: Any) -> str:
        for properties in self._paragraph_properties(paragraph):
            if properties.get("algn"):
                return {"l": "left", "ctr": "center", "r": "right"}.get(properties.get("algn"), "justify")
        return "left"

    def bullet(self, paragraph: Any) -> bool:
        for properties in self._paragraph_properties(paragraph):
            for child in properties:
                name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
                if name in ("buNone", "buChar", "buAutoNum", "buBlip"):
                    return name != "buNone"
        return False

    def _run_attribute(self, name: str, run: Any, paragraph: Any) -> str | None:
        return next((p.get(name) for p in self._run_properties(run, paragraph) if p.get(name)), None)

    def _run_properties(self, run: Any, paragraph: Any) -> Iterator[Any]:
        own = None if run is None else run.find(qn("a:rPr"))
        if own is not None:
            yield own
        for properties in self._layers_of(paragraph):
            default = properties.find(qn("a:defRPr"))
            if default is not None:
                yield default

    def _paragraph_properties(self, paragraph: Any) -> Iterator[Any]:
        own = paragraph.find(qn("a:pPr"))
        if own is not None:
            yield own
        yield from self._layers_of(paragraph)

    def _layers_of(self, paragraph: Any) -> Iterator[Any]:
        for layer in self._layers:
            found = layer.find(qn(f"a:lvl{level(paragraph) + 1}pPr"))
            if found is not None:
                yield found


def level(paragraph: Any) -> int:
    """0 to 8."""
    properties = paragraph.find(qn("a:pPr"))
    text = "" if properties is None else properties.get("lvl", "")
    return min(int(text), 8) if text.isdigit() else 0
