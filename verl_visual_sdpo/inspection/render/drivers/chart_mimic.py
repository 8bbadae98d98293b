"""What ChartMimic's public scorer would note of a program (arXiv 2406.09961), noted in the one run that also draws.

That scorer runs a program anew for each of its four scores, each time behind other hooks. The notes here are the same
facts behind hooks that are on together, each kind with its own depth, because a call inside a hooked call does not
count there. What a known quirk of the scorer hides is noted too, apart, so that each quirk can be switched off
(``benchmarks/chartmimic/quirks.py``). Only installed when the payload asks for it: training never does.
"""

from __future__ import annotations

import functools
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import chart_record
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axes._base import _process_plot_var_args
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.image import NonUniformImage
from matplotlib.patches import Circle, Ellipse, PathPatch
from matplotlib.projections.polar import PolarAxes
from matplotlib.text import Text
from mpl_toolkits.mplot3d import Axes3D

MAX_COLORS = 2000
"""Different colours that are noted of one program."""

TYPE_CALLS = """
    bar barh plot axhline axvline axvspan axhspan hlines vlines errorbar boxplot violinplot violin hist fill_between
    fill_betweenx scatter quiver pie fill imshow pcolor contour contourf broken_barh tripcolor
"""
TYPE_CALLS_3D = "scatter plot plot_surface bar3d bar add_collection3d"
_SAME_IN_3D = ("scatter", "bar")  # their decorator hides the file that they are told apart by there
UNHOOKED = """
    pcolormesh hexbin streamplot hist2d tricontour tricontourf barbs eventplot stairs plot_trisurf plot_wireframe
"""
"""Plotting methods that the public scorer does not see; noted apart."""
NETWORK = {"draw_networkx_nodes": "network nodes", "draw_networkx_edges": "network edges"}
NETWORK_LABELS = "draw_networkx_labels"


class Color(NamedTuple):
    """An artist (or several) in one colour entry: ``read`` gives the colours as they are now, unless ``fixed``."""

    group: str
    thing: Any
    read: Callable[[Any], Iterable[Any]]
    fixed: str | None = None


class Notes:
    """Counts, colours and drawn lines of text of one program."""

    def __init__(self) -> None:
        self.types: Counter[str] = Counter()
        self.unhooked: list[tuple[str, Any, Any]] = []
        self.kept: dict[tuple[str, str], Color] = {}  # one entry a group and first colour: the last artist stays
        self.every: list[Color] = []
        self.unreadable = False
        self.lines: dict[Figure, list[tuple[Text | None, str]]] = {}
        self._figure: Figure | None = None
        self._text: list[Text] = []
        self._depth: Counter[str] = Counter()

    def begin(self, figure: Figure) -> None:
        """The figure is about to be drawn for a file."""
        self._figure = figure
        self.lines[figure] = []

    def end(self) -> None:
        self._figure = None

    # ------------------------------------------------------------------ hooks

    def install(self, source: str) -> None:
        self._install_types()
        self._install_colors()
        self._install_libraries(source)
        self._install_text()

    def _wrap(self, owner: Any, name: str, kind: str, note: Callable[[tuple, dict, Any], None]) -> None:
        method = getattr(owner, name)

        @functools.wraps(method)
        def hooked(*args: Any, **kwargs: Any) -> Any:
            self._depth[kind] += 1
            try:
                result = method(*args, **kwargs)
            finally:
                self._depth[kind] -= 1
            if not self._depth[kind]:
                note(args, kwargs, result)
            return result

        setattr(owner, name, hooked)

    def _count(self, owner: Any, name: str, key: str) -> None:
        def note(args: tuple, kwargs: dict, result: Any) -> None:
            polar = name == "plot" and args and type(args[0]) is PolarAxes
            self.types["polar plot" if polar else key] += 1

        self._wrap(owner, name, "type", note)

    def _color(self, owner: Any, name: str, colors: Callable[[tuple, dict, Any], Iterable[Color]]) -> None:
        def note(args: tuple, kwargs: dict, result: Any) -> None:
            for color in colors(args, kwargs, result):
                now = [color.fixed] if color.fixed else [self._hex(c) for c in color.read(color.thing)]
                if now and now[-1]:
                    self.kept[color.group, now[-1]] = color
                    self.every.append(color)

        self._wrap(owner, name, "color", note)

    def _install_types(self) -> None:
        for name in TYPE_CALLS.split():
            self._count(Axes, name, name)
        for name in TYPE_CALLS_3D.split():
            self._count(Axes3D, name, name if name in _SAME_IN_3D else f"3d {name}")
        self._count(NonUniformImage, "__init__", "NonUniformImage")
        for shape in (Ellipse, Circle):
            self._count(shape, "__init__", "Ellipse")
        for name in UNHOOKED.split():
            for owner in (Axes, Axes3D):
                if name in vars(owner):
                    self._wrap(owner, name, "unhooked", lambda a, k, r, n=name: self.unhooked.append((n, a[0], r)))

    def _install_colors(self) -> None:
        maker = "_makeline" if hasattr(_process_plot_var_args, "_makeline") else "_make_line"
        self._color(_process_plot_var_args, maker, lambda a, k, r: [Color("line", r[0], _line)])
        for name, things, read in _COLOR_CALLS:
            self._color(Axes, name, _each(_GROUPS.get(name, name), things, read))
        self._color(Axes, "scatter", _scatter)
        self._color(PolarAxes, "plot", _each("polar plot", list, _line))
        for name, things, read in _COLOR_CALLS_3D:
            self._color(Axes3D, name, _mapped(f"3d {name}", _each(f"3d {name}", things, read)))
        for shape in (Ellipse, Circle):
            self._color(shape, "__init__", lambda a, k, r: _shape(a[0]))
        self._color(NonUniformImage, "__init__", lambda a, k, r: [Color("NonUniformImage", a[0], _colormap)])

    def _install_libraries(self, source: str) -> None:
        """Hooks on plotting libraries that the program uses; where one is absent, the program will say so itself."""
        if "networkx" in source and (networkx := _library("networkx")):
            drawing = sys.modules["networkx.drawing.nx_pylab"]
            for owner in (drawing, networkx):
                for name, key in NETWORK.items():
                    self._count(owner, name, key)
                self._count(owner, NETWORK_LABELS, "network labels")
                self._color(owner, "draw_networkx_nodes", _each("network nodes", _one, _faces))
                self._color(owner, "draw_networkx_edges", _each("network edges", _one, _network_edges))
                self._color(owner, NETWORK_LABELS, _each("network labels", lambda r: list(r.values()), _line))
        if "squarify" in source and (squarify := _library("squarify")):
            self._count(squarify, "plot", "squarify")
            self._color(squarify, "plot", _each("squarify", lambda r: [b for c in r.containers for b in c], _face))
        if "matplotlib_venn" in source and _library("matplotlib_venn"):
            diagram = sys.modules["matplotlib_venn._common"].VennDiagram
            self._count(diagram, "__init__", "VennDiagram")
            self._color(diagram, "__init__", lambda a, k, r: [Color("VennDiagram", a[0], _venn)])

    def _install_text(self) -> None:
        notes, draw, draw_text = self, Text.draw, RendererAgg.draw_text

        @functools.wraps(draw)
        def text_draw(text: Text, renderer: Any, *args: Any, **kwargs: Any) -> Any:
            notes._text.append(text)
            try:
                return draw(text, renderer, *args, **kwargs)
            finally:
                notes._text.pop()

        @functools.wraps(draw_text)
        def renderer_draw_text(
            renderer: Any, gc: Any, x: Any, y: Any, s: str, *args: Any, **kwargs: Any
        ) -> Any:  # texts with path effects do not come by here, in a PDF neither
            if notes._figure is not None:
                notes.lines[notes._figure].append((notes._text[-1] if notes._text else None, s))
            return draw_text(renderer, gc, x, y, s, *args, **kwargs)

        text_draw._supports_rasterization = True
        Text.draw, RendererAgg.draw_text = text_draw, renderer_draw_text

    # ------------------------------------------------------------------ at the end of the program

    def read(self) -> dict[str, Any]:
        """The notes as JSON values; ``colors`` are [group, "#rrggbb" or "cmap:name"], distinct, as they came."""
        figure = plt.gcf()
        kept = self._distinct(self.kept.values())
        return {
            "texts": dict(zip(("plain", "tick", "kept tick"), self._texts(figure))),
            "layout": {
                "last": list(chart_record.grid_cells(figure)),
                "all": [row for n in plt.get_fignums() for row in chart_record.grid_cells(plt.figure(n))],
                "axes": len(figure.axes),
            },
            "types": dict(self.types),
            "unhooked types": dict(Counter(name for name, _ in self._unhooked())),
            "colors": {
                "kept": kept,
                "every": self._distinct(self.every),
                "unhooked": self._unhooked_colors(),
                "unreadable": self.unreadable,
            },
            "figsize": [float(side) for side in figure.get_size_inches()],
        }

    def _texts(self, figure: Figure) -> tuple[list[str], list[str], list[str]]:
        """Lines drawn into the figure's file: plain ones, those of ticks that the scorer clears, those of ticks that
        it leaves (minor ticks, the third axis, axes inside axes)."""
        cleared = {id(t) for axes in figure.axes for axis in (axes.xaxis, axes.yaxis) for t in _tick_texts(axis, False)}
        ticks = {id(t) for axis in figure.findobj(Axis) for t in _tick_texts(axis, True)}
        found: tuple[list[str], list[str], list[str]] = ([], [], [])
        for text, line in self.lines.get(figure, ()):
            found[1 if id(text) in cleared else 2 if id(text) in ticks else 0].append(line)
        return found

    def _distinct(self, colors: Iterable[Color]) -> list[tuple[str, str]]:
        found: dict[tuple[str, str], None] = {}
        for color in colors:
            now = [color.fixed] if color.fixed else map(self._hex, color.read(color.thing))
            found.update(dict.fromkeys((color.group, c) for c in now if c))
            if len(found) >= MAX_COLORS:
                break
        return list(found)[:MAX_COLORS]

    def _unhooked(self) -> Iterator[tuple[str, Any]]:
        for name, axes, result in self.unhooked:
            if not hasattr(axes, "_colorbar"):
                yield name, result

    def _unhooked_colors(self) -> list[tuple[str, str]]:
        found = {
            (name, color): None
            for name, result in self._unhooked()
            for artist in chart_record.colored_artists(result)
            for color in chart_record.colors_of(artist)
        }
        return list(found)[:MAX_COLORS]

    def _hex(self, color: Any) -> str | None:
        """As "#rrggbb" or "cmap:name". One that the scorer cannot read ends its run of the program: remembered."""
        if isinstance(color, str) and color.startswith("cmap:"):
            return color
        try:
            if isinstance(color, _Spelled) or not isinstance(color, str) and len(color) not in (3, 4):
                self.unreadable = True
            return to_hex(color)
        except (ValueError, TypeError):
            self.unreadable = True
            return None


# --------------------------------------------------------------------------- colours of artists


class _Spelled(str):
    """The colour of a bar as the program spelled it; the scorer takes it for a list of numbers."""


def _line(line: Any) -> list[Any]:
    return [line.get_color()]


def _face(patch: Any) -> list[Any]:
    return [patch.get_facecolor()]


def _bar_face(patch: Any) -> list[Any]:
    color = patch._original_facecolor
    return [_Spelled(color) if isinstance(color, str) else color]


def _faces(collection: Any) -> list[Any]:
    return list(np.atleast_2d(collection.get_facecolor()))


def _first_face(collection: Any) -> list[Any]:
    return _faces(collection)[:1] if len(collection.get_facecolor()) else []


def _edges(collection: Any) -> list[Any]:
    return list(np.atleast_2d(collection.get_edgecolor()))


def _network_edges(edges: Any) -> list[Any]:
    return [arrow.get_facecolor() for arrow in edges] if isinstance(edges, list) else _edges(edges)


def _venn(diagram: Any) -> list[Any]:
    return [patch.get_facecolor() for patch in diagram.patches if patch is not None]


def _colormap(artist: Any) -> list[str]:
    return [f"cmap:{artist.get_cmap().name}"]


def _one(result: Any) -> list[Any]:
    return [result]


def _hist_patches(result: Any) -> list[Any]:
    return [patch for group in result[2] for patch in (group if np.iterable(group) else [group])]


def _boxes(result: Any) -> list[Any]:
    return [box for box in result["boxes"] if type(box) is PathPatch]


_COLOR_CALLS = (
    ("axhline", _one, _line),
    ("axvline", _one, _line),
    ("axhspan", _one, _face),
    ("axvspan", _one, _face),
    ("hlines", _one, _edges),
    ("vlines", _one, _edges),
    ("bar", list, _bar_face),
    ("_fill_between_x_or_y", _one, _first_face),
    ("pie", lambda result: list(result[0]), _face),
    ("boxplot", _boxes, _face),
    ("violinplot", lambda result: result["bodies"], _first_face),
    ("hist", _hist_patches, _face),
    ("fill", list, _face),
    ("quiver", _one, _faces),
    ("broken_barh", _one, _faces),
    *((name, _one, _colormap) for name in ("imshow", "pcolor", "contour", "contourf", "tripcolor")),
)
"""Method, the artists in what it returns, and the colours of one of them; lines and scatter stand apart."""
_COLOR_CALLS_3D = (
    ("scatter", _one, _faces),
    ("plot", list, _line),
    ("plot_surface", _one, _first_face),
    ("bar3d", _one, _first_face),
    ("bar", list, _face),
    ("add_collection3d", _one, _faces),
)
_GROUPS = {"_fill_between_x_or_y": "fill_between"}


def _each(
    group: str, things: Callable[[Any], Iterable[Any]], read: Callable[[Any], Iterable[Any]]
) -> Callable[[tuple, dict, Any], Iterable[Color]]:
    return lambda args, kwargs, result: [Color(group, thing, read) for thing in things(result)]


def _mapped(
    group: str, otherwise: Callable[[tuple, dict, Any], Iterable[Color]]
) -> Callable[[tuple, dict, Any], Iterable[Color]]:
    """With the keyword ``cmap`` its name is the colour, whatever is drawn."""

    def colors(args: tuple, kwargs: Mapping[str, Any], result: Any) -> Iterable[Color]:
        chosen = kwargs.get("cmap") if group in ("3d scatter", "3d plot_surface", "scatter", "polar scatter") else None
        if chosen is None:
            return otherwise(args, kwargs, result)
        return [Color(group, result, _colormap, f"cmap:{getattr(chosen, 'name', chosen)}")]

    return colors


def _scatter(args: tuple, kwargs: Mapping[str, Any], result: Any) -> Iterable[Color]:
    group = "polar scatter" if type(args[0]) is PolarAxes else "scatter"
    return _mapped(group, _each(group, _one, _first_face))(args, kwargs, result)


def _shape(shape: Any) -> list[Color]:
    """Ellipses and circles share a group there; what inherits from them has none."""
    return [Color("Ellipse", shape, _face)] if type(shape) in (Ellipse, Circle) else []


# --------------------------------------------------------------------------- ticks and libraries


def _tick_texts(axis: Axis, minor: bool) -> Iterator[Text]:
    for tick in [*axis.majorTicks, *(axis.minorTicks if minor else ())]:
        yield from (tick.label1, tick.label2)
    yield axis.offsetText


def _library(name: str) -> Any:
    try:
        return __import__(name)
    except Exception:  # noqa: BLE001 (whatever it is, the program meets it at its own line)
        return None
