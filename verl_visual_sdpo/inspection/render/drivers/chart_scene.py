"""What is visible in a figure that has just been drawn: elements with extents, style and writers, as plain JSON values.

Coordinates are px of the picture, origin top-left. The order of elements is that of the artist tree.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import chart_style
import numpy as np
from chart_extent import is_box, is_centres, shape, thin
from chart_ink import DrawLog, DrawnText
from chart_owners import Owners
from matplotlib.artist import Artist
from matplotlib.axes._base import _AxesBase
from matplotlib.axis import Axis
from matplotlib.collections import Collection, PathCollection, QuadMesh
from matplotlib.container import BarContainer
from matplotlib.figure import Figure, FigureBase
from matplotlib.image import _ImageBase
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.offsetbox import AnnotationBbox, OffsetBox
from matplotlib.patches import Patch, Rectangle
from matplotlib.quiver import QuiverKey
from matplotlib.spines import Spine
from matplotlib.table import Cell, Table
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from mpl_toolkits.axisartist.axislines import GridlinesCollection

MAX_ELEMENTS = 5000
"""A figure with more visible artists is cut off there: nobody can read it, and no detector should wait for it."""


class SceneBuilder:
    """Walks one figure and lists its elements. Use once, right after the draw and before the figure changes."""

    def __init__(self, owners: Owners, log: DrawLog, renderer: Any, dpi: float) -> None:
        self.owners, self.log, self.renderer = owners, log, renderer
        self.height, self.width, self.dpi = renderer.height, renderer.width, dpi
        self.elements: list[dict[str, Any]] = []
        self._seen: set[int] = set()
        self._bars: set[int] = set()
        self._panels: dict[int, int] = {}
        self._grids: dict[int, tuple[int, Any]] = {}  # id -> (number, the grid itself, so that the id stays its own)

    def build(self, figure: Figure) -> list[dict[str, Any]]:
        canvas = Bbox([[0, 0], [self.width, self.height]])
        style = {"background": chart_style.hex_color(figure.get_facecolor()), "dpi": round(self.dpi, 2)}
        self.add("figure", figure, canvas, style=style)
        self._figure(figure)
        for text, _ in list(self.log.texts.values()):  # drawn by a container that we do not know
            panel = self._panels.get(id(text.axes))
            self._text("text", text, panel, panel, heir=text.axes)
        return self.elements

    # ------------------------------------------------------------------ the tree

    def _figure(self, figure: FigureBase) -> None:
        special = {figure._suptitle: "title", figure._supxlabel: "axis-label", figure._supylabel: "axis-label"}
        for child in figure.get_children():
            if child is figure.patch or not child.get_visible():
                continue
            if isinstance(child, FigureBase):
                self._figure(child)
            elif isinstance(child, Text) and child in special:
                self._text(special[child], child, None, None)
            else:
                self._visit(child, None, None)

    def _axes(self, axes: _AxesBase, parent: int | None) -> None:
        drawn = axes.axison and axes._frameon and axes.patch.get_visible()
        style = {"background": chart_style.hex_color(axes.patch.get_facecolor()) if drawn else None}
        style |= {"axis_off": not axes.axison, "zorder": axes.get_zorder(), "projection": axes.name}
        style |= {"aspect": str(axes.get_aspect()), **self._place(axes)}
        style["framed"] = axes.axison and any(spine.get_visible() for spine in axes.spines.values())
        colorbar = hasattr(axes, "_colorbar")
        box = axes.patch.get_window_extent(self.renderer) if axes.name == "polar" else axes.bbox
        panel = self.add("colorbar" if colorbar else "axes", axes, box, style=style, parent=parent)
        if panel is None:
            return
        self._panels[id(axes)] = panel
        for parasite in getattr(axes, "parasites", ()):  # mpl_toolkits: drawn by their host, children of nobody
            self._axes(parasite, parent)
        for container in axes.containers:
            if isinstance(container, BarContainer):
                self._bars.update(id(patch) for patch in container)
        titles = (axes.title, axes._left_title, axes._right_title)
        for child in axes.get_children():
            if child is axes.patch or isinstance(child, Spine) or not child.get_visible():
                continue
            if isinstance(child, Axis):
                if getattr(axes, "_axis3don", axes.axison):
                    self._axis(child, panel)
            elif child in titles:
                self._text("title", child, panel, panel)
            elif colorbar and isinstance(child, Collection):
                continue  # the colours of the bar itself
            else:
                self._visit(child, panel, panel, heir=axes)

    def _place(self, axes: _AxesBase) -> dict[str, Any]:
        """``placed``: by a ``grid`` (numbers of it and its figure beside it), by a ``locator``, or by ``hand``."""
        spec = axes.get_subplotspec()
        if axes.get_axes_locator() is not None:
            return {"placed": "locator"}
        if spec is None:
            return {"placed": "hand"}
        grid = spec.get_topmost_subplotspec().get_gridspec()
        number, _ = self._grids.setdefault(id(grid), (len(self._grids), grid))
        engine = axes.figure.get_layout_engine()
        moved = not axes.get_in_layout()  # set_position takes an axes out of the layout
        if not (engine and engine.adjust_compatible is False):
            slot = spec.get_position(axes.figure)
            moved |= not np.allclose(slot.bounds, axes.get_position(original=True).bounds, atol=1e-3)
        subfigure, _ = self._grids.setdefault(id(axes.figure), (len(self._grids), axes.figure))
        return {"placed": "hand" if moved else "grid", "grid": number, "subfigure": subfigure}

    def _axis(self, axis: Axis, panel: int) -> None:
        name = getattr(axis, "axis_name", "")
        writes = list(self.owners.writes(axis))
        about_label = [w for w in writes if w.function in chart_style.LABEL_FUNCTIONS]
        about_ticks = [w for w in writes if w not in about_label and w.prop != "*"]
        self._text("axis-label", axis.label, panel, panel, {"axis": name}, self.owners.listed(about_label))
        ticks = self.owners.listed(about_ticks) + self.owners.creator(axis.axes)
        self._text("tick-label", axis.offsetText, panel, panel, {"axis": name, "role": "offset"}, ticks)
        for tick in self.log.ticks.get(id(axis), ()):
            own = self.owners.listed(self.owners.writes(tick))
            for label in (tick.label1, tick.label2):
                if label.get_visible():
                    self._text("tick-label", label, panel, panel, {"axis": name}, own + ticks)

    def _legend(self, legend: Legend, parent: int | None, panel: int | None) -> None:
        frame = legend.get_frame()
        shown = frame.get_visible() and legend.get_frame_on()
        style = {"background": chart_style.hex_color(frame.get_facecolor()) if shown else None, "zorder": legend.zorder}
        box = frame.get_window_extent(self.renderer)
        element = self.add("legend", legend, box, style=style, parent=parent, panel=panel)
        if element is None:
            return
        sources = getattr(legend, "_labelled", {})
        for text in [legend.get_title(), *legend.get_texts()]:
            data = self.owners.creator(sources.get(text.get_text()), tie="data", prop="text")
            self._text("legend-text", text, element, panel, {}, data, heir=legend)
        self._skip(legend)

    def _visit(self, artist: Artist, parent: int | None, panel: int | None, heir: Artist | None = None) -> None:
        """One artist below a figure or axes, with what it contains."""
        if id(artist) in self._seen or not artist.get_visible():
            return
        if isinstance(artist, _AxesBase):
            self._axes(artist, parent)
        elif isinstance(artist, Legend):
            self._legend(artist, parent, panel)
        elif isinstance(artist, Text):
            kind = "annotation" if isinstance(artist, Annotation) else "text"
            self._text(kind, artist, parent, panel, heir=heir)
            self._text_box(artist, parent, panel)
            arrow = getattr(artist, "arrow_patch", None)
            if arrow is not None and arrow.get_visible() and id(artist) in self.log.texts:
                self._shape(arrow, parent, panel, artist, role="arrow")
        elif isinstance(artist, Cell):
            self._shape(artist, parent, panel, heir, role="cell")
            self._text("text", artist.get_text(), parent, panel, heir=artist)
        elif isinstance(artist, QuiverKey):
            self._text("text", artist.text, parent, panel, heir=artist)
        elif hasattr(artist, "major_ticklabels"):  # mpl_toolkits.axisartist
            for text in (artist.major_ticklabels, artist.minor_ticklabels):
                self._text("tick-label", text, parent, panel, heir=artist)
            self._text("axis-label", artist.label, parent, panel, heir=artist)
        elif isinstance(artist, (Line2D, Patch, Collection, _ImageBase)):
            role = "grid" if isinstance(artist, GridlinesCollection) else None
            self._shape(artist, parent, panel, heir, role)
            for text in getattr(artist, "labelTexts", ()):  # of contours
                self._text("text", text, parent, panel, {"role": "level"}, heir=artist)
        elif isinstance(artist, AnnotationBbox):
            self._shape(artist.patch, parent, panel, heir=artist, role="frame")
            for child in artist.get_children():
                self._visit(child, parent, panel, heir=artist)
        elif isinstance(artist, (OffsetBox, Table)) or artist.get_children():
            for child in artist.get_children():
                if child is not None:
                    self._visit(child, parent, panel, heir=artist if self.owners.known(artist) else heir)

    def _skip(self, container: Artist) -> None:
        for child in container.get_children():
            self._seen.add(id(child))
            self._skip(child)

    # ------------------------------------------------------------------ elements

    def add(
        self,
        kind: str,
        artist: Any,
        box: Bbox,
        *,
        text: str = "",
        style: dict[str, Any] | None = None,
        owners: list[list[Any]] | None = None,
        parent: int | None = None,
        panel: int | None = None,
        clip: Bbox | None = None,
        outline: Iterable[tuple[float, float]] = (),
        breaks: Iterable[int] = (),
        heir: Artist | None = None,
    ) -> int | None:
        """Append an element unless its extent is empty or not finite. Returns its id."""
        self._seen.add(id(artist))
        pixels = self._pixels(box)
        if pixels is None or len(self.elements) >= MAX_ELEMENTS:
            return None
        own = self.owners.of(artist, kind)
        own += [owner for owner in owners or [] if owner not in own]
        if not own and heir is not None:
            own = self.owners.of(heir, kind)
        own += self.owners.styled(artist, kind)
        element = {"id": len(self.elements), "kind": kind, "box": pixels, "text": text, "style": style or {}}
        element |= {"owners": own, "parent": parent, "panel": panel}
        element["clip"] = None if clip is None else self._pixels(clip)
        element["outline"] = [(_round(x), _round(self.height - y)) for x, y in outline]
        element["breaks"] = list(breaks)
        self.elements.append(element)
        return element["id"]

    def _text(
        self,
        kind: str,
        text: Text,
        parent: int | None,
        panel: int | None,
        style: dict[str, Any] | None = None,
        owners: list[list[Any]] | None = None,
        heir: Artist | None = None,
    ) -> None:
        if id(text) in self._seen:
            return
        self._seen.add(id(text))
        look = chart_style.of_text(text, self.dpi)
        for drawn in self.log.texts.get(id(text), (text, []))[1] if look else ():
            turned = {"rotation": round(drawn.angle, 2)}
            self.add(
                kind,
                text,
                _extent(drawn),
                text=drawn.content,
                style=look | turned | drawn.pixels(self.renderer) | (style or {}),
                owners=owners,
                parent=parent,
                panel=panel,
                clip=_view(text),
                outline=[corner for line in drawn.lines for corner in line],
                heir=heir,
            )

    def _text_box(self, text: Text, parent: int | None, panel: int | None) -> None:
        """The filled box of a text, which hides what is under it whether or not there are words in it."""
        frame = text.get_bbox_patch()
        if not text.get_text() or frame is None or not frame.get_visible() or not frame.get_fill():
            return
        look = chart_style.of_shape(frame, self.dpi)
        if look is not None:
            look |= {"zorder": text.get_zorder(), "shape": "Rectangle"}
            box, owners = frame.get_window_extent(self.renderer), self.owners.of(text, "text")
            self.add("text-box", frame, box, style=look, owners=owners, parent=parent, panel=panel, clip=_view(text))

    def _shape(
        self, artist: Artist, parent: int | None, panel: int | None, heir: Artist | None = None, role: str | None = None
    ) -> None:
        look = chart_style.of_shape(artist, self.dpi)
        if look is None:
            return
        if role:
            look["role"] = role
        kind = self._kind(artist)
        try:
            parts = shape(artist)
            box = artist.get_window_extent(self.renderer)
        except (ValueError, TypeError, ArithmeticError, AttributeError, np.linalg.LinAlgError):
            return  # degenerate data; matplotlib drew nothing for it either
        if not np.isfinite(box.extents).all() and parts:
            points = np.concatenate(parts)
            box = Bbox([points.min(axis=0), points.max(axis=0)])
        if kind == "scatter":  # the extent of the centres
            box = box.padded(look.get("marker_size", 0.0) / 2)
        view = _view(artist)
        plain = isinstance(artist, Rectangle) and is_box(parts)
        outline, breaks = thin([] if plain else parts, view)
        if kind == "collection":
            look["centres"] = is_centres(artist)
        self.add(
            kind,
            artist,
            box,
            style=look,
            parent=parent,
            panel=panel,
            clip=view,
            outline=outline,
            breaks=breaks,
            heir=heir,
        )

    def _kind(self, artist: Artist) -> str:
        if isinstance(artist, Line2D):
            return "line"
        if isinstance(artist, Patch):
            return "bar" if id(artist) in self._bars else "patch"
        if isinstance(artist, PathCollection):
            return "scatter"
        return "image" if isinstance(artist, (_ImageBase, QuadMesh)) else "collection"

    def _pixels(self, box: Bbox) -> list[float] | None:
        x0, y0, x1, y1 = box.extents
        if not all(map(math.isfinite, (x0, y0, x1, y1))):
            return None
        left, right, low, high = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
        return [_round(left), _round(self.height - high), _round(right), _round(self.height - low)]


def _extent(drawn: DrawnText) -> Bbox:
    """The extent that matplotlib gives a text, without the blank lines that some programs place text with."""
    if len(drawn.lines) == drawn.content.count("\n") + 1 or not drawn.lines:
        return drawn.extent
    points = np.array(drawn.lines).reshape(-1, 2)
    return Bbox([points.min(axis=0), points.max(axis=0)])


def _view(artist: Artist) -> Bbox | None:
    """What the artist is clipped to, in display coordinates; None: nothing but the picture."""
    if not artist.get_clip_on():
        return None
    boxes = [] if artist.get_clip_box() is None else [artist.get_clip_box()]
    path = artist.get_clip_path()
    if path is not None:
        boxes.append(path.get_fully_transformed_path().get_extents())
    if not boxes:
        return None
    return Bbox.intersection(boxes[0], boxes[-1]) or Bbox.from_extents(0, 0, 0, 0)


def _round(value: float) -> float:
    return round(float(value), 2)
