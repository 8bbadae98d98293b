"""What is visible in a figure that has just been drawn: elements with extents, style and writers, as plain JSON values.

Coordinates are px of the picture, origin top-left. The order of elements is that of the artist tree. Owners are
``[chain, tie, prop, order]`` with ``chain`` an index into the builder's table of chains.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

import chart_style
import numpy as np
from chart_provenance import Chain, Recorder, Write
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

MAX_ELEMENTS = 5000
"""A figure with more visible artists is cut off there: nobody can read it, and no detector should wait for it."""
MAX_OUTLINE = 200
"""Points of an outline that are kept."""


class DrawLog:
    """What the last draw really drew: texts with their extents at that moment (3-D texts and tick labels of some toolkits
    have no extent afterwards), and the ticks of each axis."""

    def __init__(self) -> None:
        self.texts: dict[int, tuple[Text, list[tuple[str, Bbox]]]] = {}
        self.ticks: dict[int, list[Any]] = {}

    def clear(self) -> None:
        self.texts.clear()
        self.ticks.clear()

    def install(self) -> None:
        log, draw_text, update_ticks = self, Text.draw, Axis._update_ticks

        def draw(text: Text, renderer: Any) -> None:
            draw_text(text, renderer)
            if text.get_visible() and text.get_text().strip():
                extent = Text.get_window_extent(text, renderer)
                log.texts.setdefault(id(text), (text, []))[1].append((text.get_text(), extent))

        def _update_ticks(axis: Axis) -> list[Any]:
            ticks = log.ticks[id(axis)] = update_ticks(axis)
            return ticks

        draw._supports_rasterization = True  # matplotlib asks its draw methods for this
        Text.draw = draw
        Axis._update_ticks = _update_ticks


class SceneBuilder:
    """Walks one figure and lists its elements. Use once, right after the draw and before the figure changes."""

    def __init__(self, recorder: Recorder, log: DrawLog, renderer: Any, dpi: float, chains: dict[Chain, int]) -> None:
        self.recorder, self.log, self.renderer = recorder, log, renderer
        self.height, self.width, self.dpi = renderer.height, renderer.width, dpi
        self.elements: list[dict[str, Any]] = []
        self.chains = chains
        self._seen: set[int] = set()
        self._bars: set[int] = set()
        self._panels: dict[int, int] = {}
        self._rc = {kind: list(chart_style.rc_writes(recorder.rc, kind)) for kind in chart_style.RC_PREFIXES}

    def build(self, figure: Figure) -> list[dict[str, Any]]:
        canvas = Bbox([[0, 0], [self.width, self.height]])
        style = {"background": chart_style.hex_color(figure.get_facecolor())}
        self.add("figure", figure, canvas, style=style, clip=None)
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
        colorbar = hasattr(axes, "_colorbar")
        box = axes.patch.get_window_extent(self.renderer) if axes.name == "polar" else axes.bbox
        panel = self.add("colorbar" if colorbar else "axes", axes, box, style=style, parent=parent, clip=None)
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

    def _axis(self, axis: Axis, panel: int) -> None:
        name = getattr(axis, "axis_name", "")
        writes = list(self._writes(axis))
        about_label = [w for w in writes if w.function in chart_style.LABEL_FUNCTIONS]
        about_ticks = [w for w in writes if w not in about_label and w.prop != "*"]
        creator = self.recorder.created.get(id(axis.axes))
        self._text("axis-label", axis.label, panel, panel, {"axis": name}, self._owners(about_label))
        ticks = self._owners(about_ticks)
        ticks += self._owners([creator], "created") if creator else []
        self._text("tick-label", axis.offsetText, panel, panel, {"axis": name, "role": "offset"}, ticks)
        for tick in self.log.ticks.get(id(axis), ()):
            own = self._owners(list(self._writes(tick)))
            for label in (tick.label1, tick.label2):
                if label.get_visible():
                    self._text("tick-label", label, panel, panel, {"axis": name}, own + ticks)

    def _legend(self, legend: Legend, parent: int | None, panel: int | None) -> None:
        frame = legend.get_frame()
        shown = frame.get_visible() and legend.get_frame_on()
        style = {"background": chart_style.hex_color(frame.get_facecolor()) if shown else None, "zorder": legend.zorder}
        box = frame.get_window_extent(self.renderer)
        element = self.add("legend", legend, box, style=style, parent=parent, panel=panel, clip=None)
        if element is None:
            return
        sources = getattr(legend, "_labelled", {})
        for text in [legend.get_title(), *legend.get_texts()]:
            source = self.recorder.created.get(id(sources.get(text.get_text())))
            data = self._owners([source._replace(prop="text")], "data") if source else []
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
            self._shape(artist, parent, panel, heir)
        elif isinstance(artist, (OffsetBox, AnnotationBbox, Table)) or artist.get_children():
            for child in artist.get_children():
                if child is not None:
                    self._visit(child, parent, panel, heir=artist if self._has_writer(artist) else heir)

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
        clip: Any = "artist",
        outline: Iterable[tuple[float, float]] = (),
        heir: Artist | None = None,
    ) -> int | None:
        """Append an element unless its extent is empty or not finite. Returns its id."""
        self._seen.add(id(artist))
        pixels = self._pixels(box)
        if pixels is None or len(self.elements) >= MAX_ELEMENTS:
            return None
        own = self._owners_of(artist, kind)
        own += [o for o in owners or [] if o not in own]
        if not own and heir is not None:
            own = self._owners_of(heir, kind)
        own += self._styled(kind, artist)
        element = {"id": len(self.elements), "kind": kind, "box": pixels, "text": text, "style": style or {}}
        element |= {"owners": own, "parent": parent, "panel": panel}
        element["clip"] = self._clip(artist) if clip == "artist" else clip
        element["outline"] = [(_round(x), _round(self.height - y)) for x, y in outline]
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
        for content, extent in self.log.texts.get(id(text), (text, []))[1]:
            look = chart_style.of_text(text, self.dpi)
            if look is None:
                continue
            outline = _corners(text, extent, self.renderer)
            self.add(
                kind,
                text,
                extent,
                text=content,
                style=look | (style or {}),
                owners=owners,
                parent=parent,
                panel=panel,
                outline=outline,
                heir=heir,
            )

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
            points = _vertices(artist)
            box = artist.get_window_extent(self.renderer)
        except (ValueError, TypeError, ArithmeticError, AttributeError, np.linalg.LinAlgError):
            return  # degenerate data; matplotlib drew nothing for it either
        if not np.isfinite(box.extents).all() and len(points):
            box = Bbox([points.min(axis=0), points.max(axis=0)])
        if kind == "scatter":  # the extent of the centres
            box = box.padded(look.get("marker_size", 0.0) / 2)
        clip = self._clip(artist)
        shown = [] if kind == "bar" or isinstance(artist, Rectangle) else self._thin(points, clip)
        self.add(kind, artist, box, style=look, parent=parent, panel=panel, clip=clip, outline=shown, heir=heir)

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

    def _clip(self, artist: Artist) -> list[float] | None:
        if not artist.get_clip_on():
            return None
        boxes = [artist.get_clip_box()] if artist.get_clip_box() is not None else []
        path = artist.get_clip_path()
        if path is not None:
            boxes.append(path.get_fully_transformed_path().get_extents())
        if not boxes:
            return None
        both = Bbox.intersection(boxes[0], boxes[-1])
        return self._pixels(both) if both is not None else [0.0, 0.0, 0.0, 0.0]

    def _thin(self, points: np.ndarray, clip: list[float] | None) -> np.ndarray:
        """At most MAX_OUTLINE of the points, of those in sight (and their neighbours) where there are any."""
        if len(points) > MAX_OUTLINE and clip is not None:
            x, y = points[:, 0], self.height - points[:, 1]
            seen = (x >= clip[0]) & (x <= clip[2]) & (y >= clip[1]) & (y <= clip[3])
            seen |= np.roll(seen, 1) | np.roll(seen, -1)
            points = points[seen] if seen.any() else points
        if len(points) > MAX_OUTLINE:
            points = points[np.linspace(0, len(points) - 1, MAX_OUTLINE).round().astype(int)]
        return points

    # ------------------------------------------------------------------ owners

    def _has_writer(self, artist: Any) -> bool:
        return id(artist) in self.recorder.created or id(artist) in self.recorder.written

    def _writes(self, artist: Any) -> Iterator[Write]:
        """Later writes by others than the creating call itself, oldest first."""
        created = self.recorder.created.get(id(artist))
        for write in self.recorder.written.get(id(artist), {}).values():
            if created is None or write.chain != created.chain:
                yield write

    def _owners_of(self, artist: Any, kind: str) -> list[list[Any]]:
        created = self.recorder.created.get(id(artist))
        writes = self._writes(artist)
        if kind in ("axes", "colorbar", "figure"):  # every artist that is added touches its container
            writes = (w for w in writes if w.prop != "*")
        return (self._owners([created], "created") if created else []) + self._owners(list(writes))

    def _owners(self, writes: list[Write], tie: str | None = None) -> list[list[Any]]:
        found = []
        for write in writes:
            how = tie or ("styled" if write.function in chart_style.STYLING_FUNCTIONS else "mutated")
            found.append([self._chain(write.chain), how, write.prop, write.order])
        return found

    def _styled(self, kind: str, artist: Any) -> list[list[Any]]:
        created = self.recorder.created.get(id(artist))
        before = math.inf if created is None or kind == "figure" else created.order
        return [[self._chain(c), "styled", prop, order] for c, prop, order in self._rc.get(kind, ()) if order < before]

    def _chain(self, chain: Chain) -> int:
        return self.chains.setdefault(chain, len(self.chains))


def _vertices(artist: Artist) -> np.ndarray:
    """(N, 2) finite display coordinates: vertices of lines and outlines, centres of marks."""
    if isinstance(artist, Line2D):
        points = artist.get_transform().transform(artist.get_xydata())
    elif isinstance(artist, Patch):
        polygons = artist.get_path().to_polygons(artist.get_transform(), closed_only=False)
        points = np.concatenate(polygons) if polygons else np.empty((0, 2))
    elif isinstance(artist, QuadMesh):
        points = artist.get_transform().transform(np.asarray(artist.get_coordinates()).reshape(-1, 2))
    elif isinstance(artist, Collection):
        points = _collection_vertices(artist)
    else:
        points = np.empty((0, 2))
    points = np.ma.filled(np.ma.asarray(points, float), np.nan).reshape(-1, 2)
    return points[np.isfinite(points).all(axis=1)]


def _collection_vertices(artist: Collection) -> np.ndarray:
    offsets = np.ma.asarray(artist.get_offsets(), float).reshape(-1, 2)
    paths = artist.get_paths()
    if len(offsets) > 1 or isinstance(artist, PathCollection) or not paths:
        return artist.get_offset_transform().transform(offsets)
    vertices = np.concatenate([path.vertices for path in paths])
    return artist.get_transform().transform(vertices)


def _corners(text: Text, extent: Bbox, renderer: Any) -> list[tuple[float, float]]:
    """The corners of slanted text; its extent is the box around them and shares their centre."""
    angle = text.get_rotation()
    if angle % 90 == 0:
        return []
    rotation, text._rotation = text._rotation, 0.0
    try:
        level = text._get_layout(renderer)[0]
    finally:
        text._rotation = rotation
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    x, y = (extent.x0 + extent.x1) / 2, (extent.y0 + extent.y1) / 2
    half_w, half_h = level.width / 2, level.height / 2
    signs = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return [(x + a * half_w * cos - b * half_h * sin, y + a * half_w * sin + b * half_h * cos) for a, b in signs]


def _round(value: float) -> float:
    return round(float(value), 2)
