"""What a deck declares: the frames of each slide with their boxes, and the bodies of text in them.

Read from the file itself, in a process in which no program ran. Boxes are in px of the picture before rotation;
rotation is in degrees counter-clockwise, groups are worked in. Geometry and properties that a placeholder inherits from
layout and master are found there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pptx.oxml.ns import qn
from slide_theme import TextStyle, Theme

Quad = tuple[float, float, float, float]
MOST_FRAMES = 5_000
"""Frames that are read of a slide; what comes after them is left out: nobody can read it."""
MOST_GROUPS = 32
"""How deep groups are followed one inside the other."""
INSETS = {"lIns": 91440, "tIns": 45720, "rIns": 91440, "bIns": 45720}
CELL_INSETS = {"marL": 91440, "marT": 45720, "marR": 91440, "marB": 45720}
_ANCHORS = {"t": "top", "ctr": "middle", "b": "bottom"}
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
FOOTERS = frozenset({"date", "footer", "slide-number"})


@dataclass
class Frame:
    """One shape, table cell or the slide itself. ``box`` is (left, top, right, bottom) in px before rotation; ``part``
    and ``elements`` say which XML it is: its subtrees in the part, of which ``owned`` is the one that makes it."""

    kind: str
    box: Quad
    part: str
    element: Any
    degrees: float = 0.0
    parent: Frame | None = None
    style: dict[str, Any] = field(default_factory=dict)
    body: Any = None  # p:txBody or a:txBody
    text_kind: str = "text"
    text_style: TextStyle | None = None
    painted: list[Any] = field(default_factory=list)  # its lines of text, as painted
    bases: tuple[tuple[str, Any], ...] = ()  # (part, element) of the placeholders it goes back to
    more: tuple[Any, ...] = ()  # further elements of the same part whose writes concern it (column, row)
    chart_part: str = ""

    @property
    def center(self) -> tuple[float, float]:
        return (self.box[0] + self.box[2]) / 2, (self.box[1] + self.box[3]) / 2

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Start-top, end-top, end-bottom, start-bottom, turned."""
        left, top, right, bottom = self.box
        return tuple(self.turned(p) for p in ((left, top), (right, top), (right, bottom), (left, bottom)))

    def turned(self, point: tuple[float, float], back: bool = False) -> tuple[float, float]:
        """A point of the unturned frame where the rotation puts it (``back``: the other way round)."""
        if not self.degrees:
            return point
        turn = math.radians(-self.degrees if back else self.degrees)
        (cx, cy), (x, y) = self.center, point
        return (
            cx + (x - cx) * math.cos(turn) + (y - cy) * math.sin(turn),
            cy - (x - cx) * math.sin(turn) + (y - cy) * math.cos(turn),
        )


@dataclass(frozen=True)
class _Place:
    """What a group does to its children: EMU to px, then a turn about its own centre."""

    scale: tuple[float, float]
    shift: tuple[float, float]
    degrees: float = 0.0
    center: tuple[float, float] = (0.0, 0.0)
    flip: tuple[bool, bool] = (False, False)
    outer: _Place | None = None

    def box(self, left: float, top: float, width: float, height: float, degrees: float) -> tuple[Quad, float]:
        x, y = self.shift[0] + left * self.scale[0], self.shift[1] + top * self.scale[1]
        w, h = width * self.scale[0], height * self.scale[1]
        place: _Place | None = self
        cx, cy = x + w / 2, y + h / 2
        while place is not None:
            px, py = place.center
            cx = 2 * px - cx if place.flip[0] else cx
            cy = 2 * py - cy if place.flip[1] else cy
            turn = math.radians(place.degrees)
            cx, cy = (
                px + (cx - px) * math.cos(turn) + (cy - py) * math.sin(turn),
                py - (cx - px) * math.sin(turn) + (cy - py) * math.cos(turn),
            )
            degrees += place.degrees
            place = place.outer
        return (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), degrees


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

    def _top(self) -> _Place:
        return _Place((self.scale, self.scale), (0.0, 0.0))

    def _name(self, owner: Any) -> str:
        return str(owner.part.partname)

    def _add(self, frame: Frame) -> Frame:
        if len(self.frames) < MOST_FRAMES:
            self.frames.append(frame)
        return frame

    def _shape(
        self, shape: Any, place: _Place, parent: Frame | None, owner: Any, inherited: bool = False, depth: int = 0
    ) -> None:
        element = shape._element
        properties = element.find(qn("p:nvSpPr")) if element.tag == qn("p:sp") else None
        hidden = next((e.get("hidden") for e in element.iter(qn("p:cNvPr"))), None)
        if hidden in ("1", "true") or len(self.frames) >= MOST_FRAMES:
            return
        transform = self._transform(shape)
        box, degrees = place.box(*transform[:4], -transform[4])
        kind = self._kind(shape, element, properties)
        frame = Frame(kind, box, self._name(owner), element, round(_upright(degrees), 3), parent)
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
            self._table(frame, shape.table, owner)
        elif kind == "chart":
            self._chart(frame, shape)
        elif kind == "picture":
            self._picture(frame, shape)
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

    def _inner(self, element: Any, place: _Place, transform: tuple[float, ...]) -> _Place:
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
        return _Place(
            (sx, sy), (x - child[0] * sx, y - child[1] * sy), -clockwise, (x + w / 2, y + h / 2), flips, outer
        )

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
        style["anchor"] = _ANCHORS.get(of("anchor", "t"), "top")
        style["columns"] = int(of("numCol", "1")) if of("numCol", "1").isdigit() else 1
        style["vertical"] = of("vert", "horz") != "horz"
        for name, side in zip(INSETS, ("left", "top", "right", "bottom")):
            text = of(name, str(INSETS[name]))
            emu = float(text) if text.lstrip("-").isdigit() else float(INSETS[name])
            style[f"inset_{side}"] = round(emu * self.scale, 2)
        return style

    # ------------------------------------------------------------------ tables, charts, pictures

    def _table(self, frame: Frame, table: Any, owner: Any) -> None:
        columns, rows = list(table.columns), list(table.rows)
        frame.style |= {"rows": len(rows), "columns": len(columns)}
        widths = [float(c.width or 0) * self.scale for c in columns]
        heights = [float(r.height or 0) * self.scale for r in rows]
        left, top = frame.box[0], frame.box[1]
        frame.box = (left, top, left + sum(widths), top + sum(heights))
        frame.style["declared_height"] = round(sum(heights), 2)
        layers = [None if self._styles is None else self._styles.find(qn("p:otherStyle")), self._defaults]
        grid = frame.element.find(".//" + qn("a:tblGrid"))
        for r, row in enumerate(frame.element.iter(qn("a:tr"))):
            for c, cell in enumerate(row.findall(qn("a:tc"))[: len(widths)]):
                if cell.get("hMerge") in ("1", "true") or cell.get("vMerge") in ("1", "true"):
                    continue
                spans = [int(cell.get(n, "1")) if cell.get(n, "1").isdigit() else 1 for n in ("rowSpan", "gridSpan")]
                x, y = left + sum(widths[:c]), top + sum(heights[:r])
                w, h = sum(widths[c : c + spans[1]]), sum(heights[r : r + spans[0]])
                style = {
                    "row": r,
                    "column": c,
                    "row_span": spans[0],
                    "col_span": spans[1],
                    "declared_height": round(h, 2),
                }
                properties = cell.find(qn("a:tcPr"))
                fill, face, alpha = self.theme.fill(properties)
                style |= {"fill": fill, "face": face, "alpha": round(alpha, 3), "wrap": True}
                anchor = "t" if properties is None else properties.get("anchor", "t")
                style["anchor"] = _ANCHORS.get(anchor, "top")
                for name, side in zip(CELL_INSETS, ("left", "top", "right", "bottom")):
                    text = "" if properties is None else properties.get(name, "")
                    emu = float(text) if text.isdigit() else float(CELL_INSETS[name])
                    style[f"inset_{side}"] = round(emu * self.scale, 2)
                body = cell.find(qn("a:txBody"))
                own = None if body is None else body.find(qn("a:lstStyle"))
                more = (row, *([grid[c]] if grid is not None and c < len(grid) else []))
                self._add(
                    Frame(
                        "table-cell",
                        (x, y, x + w, y + h),
                        frame.part,
                        cell,
                        parent=frame,
                        style=style,
                        body=body,
                        text_kind="cell-text",
                        text_style=TextStyle([own, *layers]),
                        more=more,
                    )
                )

    def _chart(self, frame: Frame, shape: Any) -> None:
        try:
            chart = shape.chart
            frame.chart_part = str(chart.part.partname)
            plots = list(chart.plots)
            series = [s for plot in plots for s in plot.series]
            points = sum(len(list(s._element.iter(qn("c:val"), qn("c:yVal")))) and _points(s) for s in series)
            categories = len(plots[0].categories) if plots else 0
            name = chart.chart_type.name if plots else ""
            facts = {"chart_type": name, "series": len(series), "categories": categories, "points": points}
            frame.style |= facts | {"has_title": bool(chart.has_title), "has_legend": bool(chart.has_legend)}
        except (
            KeyError,
            ValueError,
            NotImplementedError,
            AttributeError,
            IndexError,
        ):  # a kind python-pptx cannot name
            frame.style |= {"chart_type": "", "series": 0, "categories": 0, "points": 0}

    def _picture(self, frame: Frame, shape: Any) -> None:
        crops = [min(max(float(getattr(shape, f"crop_{s}", 0.0) or 0.0), -10.0), 0.999) for s in _SIDES]
        frame.style |= {f"crop_{side}": round(crop, 4) for side, crop in zip(_SIDES, crops)}
        try:
            width, height = shape.image.size
        except (KeyError, ValueError, AttributeError, OSError):  # linked, missing, or of a kind that is not read
            return
        w, h = frame.box[2] - frame.box[0], frame.box[3] - frame.box[1]
        across, down = 1 - crops[0] - crops[2], 1 - crops[1] - crops[3]
        frame.style |= {"natural_width": width, "natural_height": height}
        if min(width, height, w, h) > 0 and across > 0 and down > 0:
            shown, natural = w / h, (width * across) / (height * down)
            frame.style |= {"aspect_shown": round(shown, 4), "aspect_natural": round(natural, 4)}
            frame.style["distortion"] = round(shown / natural, 4)


_SIDES = ("left", "top", "right", "bottom")


def _points(series: Any) -> int:
    """Values of a series."""
    values = next(series._element.iter(qn("c:val"), qn("c:yVal")), None)
    return 0 if values is None else sum(1 for _ in values.iter(qn("c:pt")))


def _upright(degrees: float) -> float:
    """The same turn in (-180, 180]."""
    turned = math.fmod(degrees, 360.0)
    return turned - 360.0 if turned > 180.0 else turned + 360.0 if turned <= -180.0 else turned


def paragraphs(body: Any) -> Iterator[Any]:
    """The ``a:p`` of a text body."""
    return body.iterchildren(qn("a:p")) if body is not None else iter(())


def text_of(paragraph: Any, number: int) -> str:
    """What a paragraph says: runs, breaks, fields; ``number`` is the slide's, for a field that shows it."""
    parts = []
    for child in paragraph:
        name = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else ""
        found = child.find(qn("a:t")) if name in ("r", "fld") else None
        if name == "br":
            parts.append("\n")
        elif name == "fld" and child.get("type") == "slidenum":
            parts.append(str(number))
        elif found is not None:
            parts.append(found.text or "")
    return "".join(parts)
