"""What a deck declares: the frames of each slide with their boxes, and the bodies of text in them.

Read from the file itself, in a process in which no program ran. Boxes are in px of the picture before rotation;
rotation is in degrees counter-clockwise, groups are worked in. Geometry and properties that a placeholder inherits from
layout and master are found there.
"""

from __future__ import annotations

from typing import Any

from pptx.oxml.ns import qn
from slide_contents import ANCHORS, cells, chart_facts, picture_facts
from slide_frames import Frame, Place, upright
from slide_theme import TextStyle, Theme

MOST_FRAMES = 5_000
"""Frames that are read of a slide; what comes after them is left out: nobody can read it."""
MOST_GROUPS = 32
"""How deep groups are followed one inside the other."""
INSETS = {"lIns": 91440, "tIns": 45720, "rIns": 91440, "bIns": 45720}
_ROLES = {
    "title": "title",
    "ctrTitle": "title",
    "subTitle": "subtitle",
    "body": "body",
    "obj": "object",
    "pic": "picture",
    "clipArt": "picture",
    "chart": "chart",
    "tbl": "table",
    "dt": "date",
    "ftr": "footer",
    "sldNum": "slide-number",
}
_TEXT_KINDS = {
    "title": "title",
    "subtitle": "subtitle",
    "body": "body",
    "object": "body",
    "date": "footer",
    "footer": "footer",
    "slide-number": "footer",
}


class SlideReader:
    """Lists the frames of one slide."""

    def __init__(self, slide: Any, presentation: Any, scale: float, themes: dict[Any, Theme]) -> None:
        self.slide, self.scale = slide, scale
        self.layout = slide.slide_layout
        self.master = self.layout.slide_master
        if self.master.part not in themes:
            themes[self.master.part] = Theme(self.master)
        self.theme = themes[self.master.part]
        self._defaults = presentation._element.find(qn("p:defaultTextStyle"))
        self._styles = self.master._element.find(qn("p:txStyles"))
        self.frames: list[Frame] = []

    def read(self, size: tuple[int, int]) -> list[Frame]:
        """The slide itself first, then what layout and master show behind it, then its own shapes, in paint order."""
        background, ratio = self._background(), round(size[0] / size[1], 4)
        style = {"background": background, "layout": self.layout.name, "ratio": ratio}
        self._add(
            Frame("figure", (0.0, 0.0, *map(float, size)), self._name(self.slide), self.slide._element, style=style)
        )
        for behind in (self.master, self.layout):
            for shape in behind.shapes:
                if not shape.is_placeholder:
                    self._shape(shape, self._top(), None, behind, inherited=True)
        for shape in self.slide.shapes:
            self._shape(shape, self._top(), None, self.slide)
        return self.frames

    # ------------------------------------------------------------------ shapes

    def _top(self) -> Place:
        return Place((self.scale, self.scale), (0.0, 0.0))

    def _name(self, owner: Any) -> str:
        return str(owner.part.partname)

    def _add(self, frame: Frame) -> Frame:
        if len(self.frames) < MOST_FRAMES:
            self.frames.append(frame)
        return frame

    def _shape(
        self, shape: Any, place: Place, parent: Frame | None, owner: Any, inherited: bool = False, depth: int = 0
    ) -> None:
        element = shape._element
        properties = element.find(qn("p:nvSpPr")) if element.tag == qn("p:sp") else None
        hidden = next((e.get("hidden") for e in element.iter(qn("p:cNvPr"))), None)
        if hidden in ("1", "true") or len(self.frames) >= MOST_FRAMES:
            return
        transform = self._transform(shape)
        box, degrees = place.box(*transform[:4], -transform[4])
        kind = self._kind(shape, element, properties)
        frame = Frame(kind, box, self._name(owner), element, round(upright(degrees), 3), parent)
        frame.style = {"name": str(shape.name)[:200], "placeholder": self._role(shape)}
        if inherited:
            frame.style["inherited"] = True
        self._paint(frame, shape, element)
        self._add(frame)
        if kind == "group" and depth < MOST_GROUPS:
            inner = self._inner(element, place, transform)
            for child in shape.shapes:
                self._shape(child, inner, frame, owner, inherited, depth + 1)
        elif kind == "table":
            layers = [None if self._styles is None else self._styles.find(qn("p:otherStyle")), self._defaults]
            for cell in cells(frame, shape.table, self.scale, self.theme, layers):
                self._add(cell)
        elif kind == "chart":
            chart_facts(frame, shape)
        elif kind == "picture":
            picture_facts(frame, shape)
        elif element.tag == qn("p:sp"):
            self._body(frame, shape, element)

    @staticmethod
    def _kind(shape: Any, element: Any, properties: Any) -> str:
        tag = element.tag.rpartition("}")[2]
        if tag == "grpSp":
            return "group"
        if tag == "cxnSp":
            return "connector"
        if tag == "pic":
            return "object" if element.xpath(".//a:videoFile | .//a:audioFile") else "picture"
        if tag == "graphicFrame":
            return "chart" if shape.has_chart else "table" if shape.has_table else "object"
        if tag != "sp":
            return "object"
        if shape.is_placeholder:
            return "placeholder"
        own = properties.find(qn("p:cNvSpPr")) if properties is not None else None
        return "text-box" if own is not None and own.get("txBox") in ("1", "true") else "shape"

    @staticmethod
    def _role(shape: Any) -> str | None:
        if not shape.is_placeholder:
            return None
        found = next(shape._element.iter(qn("p:ph")), None)
        return _ROLES.get("obj" if found is None else found.get("type", "obj"), "other")

    @staticmethod
    def _transform(shape: Any) -> tuple[float, float, float, float, float]:
        """Left, top, width, height in EMU, rotation in degrees clockwise; 0 for what nobody gives."""
        numbers = [getattr(shape, name, None) for name in ("left", "top", "width", "height", "rotation")]
        return tuple(float(n or 0) for n in numbers)

    def _inner(self, element: Any, place: Place, transform: tuple[float, ...]) -> Place:
        """The place of a group's children: its child rectangle is laid onto its own."""
        left, top, width, height, clockwise = transform
        xfrm = element.find(qn("p:grpSpPr") + "/" + qn("a:xfrm"))
        child = [0.0, 0.0, 0.0, 0.0]
        if xfrm is not None:
            for at, (tag, key) in enumerate((("chOff", "x"), ("chOff", "y"), ("chExt", "cx"), ("chExt", "cy"))):
                found = xfrm.find(qn(f"a:{tag}"))
                child[at] = float(found.get(key, 0)) if found is not None else 0.0
        sx = place.scale[0] * (width / child[2] if child[2] else 1.0)
        sy = place.scale[1] * (height / child[3] if child[3] else 1.0)
        x, y = place.shift[0] + left * place.scale[0], place.shift[1] + top * place.scale[1]
        w, h = width * place.scale[0], height * place.scale[1]
        flips = tuple(xfrm is not None and xfrm.get(key) in ("1", "true") for key in ("flipH", "flipV"))
        outer = place if place.outer is not None or place.degrees or any(place.flip) else None
        return Place((sx, sy), (x - child[0] * sx, y - child[1] * sy), -clockwise, (x + w / 2, y + h / 2), flips, outer)

    # ------------------------------------------------------------------ looks

    def _background(self) -> str | None:
        for owner in (self.slide, self.layout, self.master):
            found = owner._element.find(qn("p:cSld") + "/" + qn("p:bg"))
            if found is None:
                continue
            properties = found.find(qn("p:bgPr"))
            if properties is not None:
                return self.theme.fill(properties)[1]
            color = self.theme.color(found.find(qn("p:bgRef")))
            return color[0] if color else None
        return "#ffffff"

    def _paint(self, frame: Frame, shape: Any, element: Any) -> None:
        """Fill, outline and geometry, of layout and master where a placeholder says nothing itself."""
        style = element.find(qn("p:style"))
        layers = [element, *(base for _, base in self._bases(shape))]
        fill, face, alpha = "inherited", None, 1.0
        edge, width = None, None
        for layer in layers:
            properties = layer.find(qn("p:spPr"))
            fill, face, alpha = self.theme.fill(properties, style)
            if fill != "inherited":
                break
        for layer in layers:
            edge, width = self.theme.edge(layer.find(qn("p:spPr")), style)
            if edge is not None or width is not None:
                break
        if frame.kind == "picture":
            fill = "picture"
        frame.style |= {"fill": fill, "face": face, "edge": edge, "alpha": round(alpha, 3)}
        if edge is not None:
            frame.style["line_width"] = round((width if width is not None else 9525.0) * self.scale, 2)
        geometry = element.find(qn("p:spPr") + "/" + qn("a:prstGeom"))
        if geometry is not None:
            frame.style["geometry"] = geometry.get("prst", "")
        elif element.find(qn("p:spPr") + "/" + qn("a:custGeom")) is not None:
            frame.style["geometry"] = "freeform"

    def _bases(self, shape: Any) -> list[tuple[str, Any]]:
        """(part, element) of the layout's and the master's placeholder that a placeholder goes back to."""
        found: list[tuple[str, Any]] = []
        base = shape if shape.is_placeholder else None
        while base is not None and len(found) < 2:
            base = getattr(base, "_base_placeholder", None)
            if base is not None:
                found.append((str(base.part.partname), base._element))
        return found

    # ------------------------------------------------------------------ text

    def _body(self, frame: Frame, shape: Any, element: Any) -> None:
        bases = [element for _, element in self._bases(shape)]
        frame.bases = tuple(self._bases(shape))
        body, role = element.find(qn("p:txBody")), frame.style["placeholder"]
        bodies = [b for b in (body, *(base.find(qn("p:txBody")) for base in bases)) if b is not None]
        frame.style |= self._frame_of_text([b.find(qn("a:bodyPr")) for b in bodies], frame.kind)
        frame.body = body
        frame.text_kind = _TEXT_KINDS.get(role or "", "text")
        named = {"title": "titleStyle", "subtitle": "bodyStyle", "body": "bodyStyle"}.get(frame.text_kind, "otherStyle")
        named = named if shape.is_placeholder else "otherStyle"
        masters = None if self._styles is None else self._styles.find(qn(f"p:{named}"))
        layers = [b.find(qn("a:lstStyle")) for b in bodies]
        frame.text_style = TextStyle([*layers, masters, self._defaults])
        if frame.kind == "placeholder":
            frame.style["empty"] = body is None or not any((t.text or "").strip() for t in body.iter(qn("a:t")))

    def _frame_of_text(self, properties: list[Any], kind: str) -> dict[str, Any]:
        def of(name: str, default: str) -> str:
            return next((p.get(name) for p in properties if p is not None and p.get(name) is not None), default)

        autofit = None
        for layer in properties:
            tags = [] if layer is None else [c.tag.rpartition("}")[2] for c in layer if isinstance(c.tag, str)]
            if found := [t for t in tags if t in ("noAutofit", "normAutofit", "spAutoFit")]:
                autofit = {"noAutofit": "none", "normAutofit": "normal", "spAutoFit": "shape"}[found[0]]
                break
        style: dict[str, Any] = {"autofit": autofit, "wrap": of("wrap", "square") != "none"}
        style["anchor"] = ANCHORS.get(of("anchor", "t"), "top")
        style["columns"] = int(of("numCol", "1")) if of("numCol", "1").isdigit() else 1
        style["vertical"] = of("vert", "horz") != "horz"
        for name, side in zip(INSETS, ("left", "top", "right", "bottom")):
            text = of(name, str(INSETS[name]))
            emu = float(text) if text.lstrip("-").isdigit() else float(INSETS[name])
            style[f"inset_{side}"] = round(emu * self.scale, 2)
        return style
