"""What a chart is made of, for likeness to a reference: texts, layout, chart types and colours.

The facts are those of ChartMimic's four low-level scores (arXiv 2406.09961), gathered in the one run that also draws,
on public hooks: texts drawn besides tick labels, line by line; the grid cell of each axes; the outermost plotting
calls by name; and the colours of what each such call returned, read again when the figure is drawn. The plotted
numbers (``chart_data``) are ours.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import chart_data
import matplotlib
import numpy as np
from chart_style import hex_color
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection, PolyCollection, QuadMesh
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.image import _ImageBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from mpl_toolkits.mplot3d import Axes3D

PLOTTING_CALLS = """
    bar barh plot axhline axvline axhspan axvspan axline hlines vlines errorbar boxplot violinplot hist hist2d fill
    fill_between fill_betweenx scatter quiver barbs streamplot pie imshow pcolor pcolormesh contour contourf
    tricontour tricontourf tripcolor triplot hexbin broken_barh eventplot stem plot_surface plot_wireframe plot_trisurf
    bar3d voxels
"""
"""Methods of axes that count as chart types; what others are made of (``bar`` in ``hist``) counts only by itself."""
_DRAWN = (
    ("bar barh hist axhspan axvspan fill pie", Patch),
    ("plot axhline axvline axline triplot", Line2D),
    ("errorbar stem", (Line2D, LineCollection)),
    ("boxplot", (Line2D, Patch)),
    ("scatter", PathCollection),
    ("imshow", _ImageBase),
    ("contour contourf tricontour tricontourf", ContourSet),
    ("pcolormesh hist2d", QuadMesh),
    ("plot_surface plot_trisurf bar3d voxels", PolyCollection),
    ("hlines vlines violinplot fill_between fill_betweenx quiver barbs streamplot pcolor tripcolor", Collection),
    ("hexbin broken_barh eventplot plot_wireframe", Collection),
)
DRAWN_BY_CALL = {name: cls for names, cls in _DRAWN for name in names.split()}
"""What each plotting method draws."""
MAX_COLORS = 64
"""Different colours that are kept of one kind of call."""


class PlottingCalls:
    """Counts the outermost plotting calls and keeps what they returned."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Axes, Any]] = []
        self._depth = 0

    def install(self) -> None:
        for cls in (Axes, Axes3D):
            for name in PLOTTING_CALLS.split():
                if name in vars(cls):
                    setattr(cls, name, self._counted(name, vars(cls)[name]))

    def _counted(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def counted(axes: Axes, *args: Any, **kwargs: Any) -> Any:
            self._depth += 1
            try:
                result = method(axes, *args, **kwargs)
            finally:
                self._depth -= 1
            if self._depth == 0:
                self.calls.append((name, axes, result))
            return result

        return counted

    def drawn_by(self, figure: Figure) -> Iterator[tuple[str, Axes, list[Artist]]]:
        """(name, axes, coloured artists) of the calls on the figure's axes."""
        for name, axes, result in self.calls:
            if axes.get_figure(root=True) is figure:
                yield name, axes, list(colored_artists(result))

    def of_figure(self, figure: Figure) -> Iterator[tuple[str, Any]]:
        """(name, result) of the calls on the figure's axes; colour bars plot themselves and do not count."""
        for name, axes, result in self.calls:
            if axes.get_figure(root=True) is figure and not hasattr(axes, "_colorbar"):
                yield name, result


class KnownCalls:
    """Plotting calls as another process reports them: (name, axes, coloured artists). They must fit what was drawn.

    A call counts when it is of a plotting method, on an axes of the figure, and returned what that method draws. An
    artist is drawn by one call: the first that claims it.
    """

    def __init__(self, calls: Iterable[tuple[str, Axes, list[Artist]]]) -> None:
        self._calls = list(calls)

    def of_figure(self, figure: Figure) -> Iterator[tuple[str, Any]]:
        claimed: set[int] = set()
        for name, axes, artists in self._calls:
            if not isinstance(axes, Axes) or axes.get_figure(root=True) is not figure or name not in DRAWN_BY_CALL:
                continue
            if hasattr(axes, "_colorbar"):
                continue
            fitting = [a for a in artists if isinstance(a, DRAWN_BY_CALL[name]) and id(a) not in claimed]
            claimed.update(map(id, fitting))
            if fitting or not artists:
                yield name, fitting


def facts(figure: Figure, elements: list[Mapping[str, Any]], calls: PlottingCalls | KnownCalls) -> dict[str, Any]:
    """The record of one drawn figure, JSON values only.

    ``layout`` rows are [nrows, ncols, first row, last row, first column, last column], both ends inclusive. ``colors``
    are distinct, in the order of drawing; an artist coloured by values gives "cmap:NAME".
    """
    texts = [
        line for e in elements if e["text"] and e["kind"] != "tick-label" for line in e["text"].split("\n") if line
    ]
    types: Counter[str] = Counter()
    colors: dict[str, dict[str, None]] = {}
    for name, result in calls.of_figure(figure):
        types[name] += 1
        of_call = colors.setdefault(name, {})
        for artist in colored_artists(result):
            of_call.update(dict.fromkeys(colors_of(artist)))
    return {
        "texts": texts,
        "layout": list(grid_cells(figure)),
        "types": dict(types),
        "colors": {name: list(found)[:MAX_COLORS] for name, found in colors.items() if found},
        "data": chart_data.plotted(((n, colored_artists(r)) for n, r in calls.of_figure(figure)), figure),
    }


def merge(records: list[Mapping[str, Any]]) -> dict[str, Any]:
    """One record of all figures of a program."""
    colors: dict[str, dict[str, None]] = {}
    for record in records:
        for name, found in record["colors"].items():
            colors.setdefault(name, {}).update(dict.fromkeys(found))
    return {
        "texts": [text for record in records for text in record["texts"]],
        "layout": [row for record in records for row in record["layout"]],
        "types": dict(sum((Counter(record["types"]) for record in records), Counter())),
        "colors": {name: list(found) for name, found in colors.items()},
        "data": [s | {"panel": [i, s["panel"]]} for i, record in enumerate(records) for s in record["data"]],
        "figures": len(records),
        "versions": {"matplotlib": matplotlib.__version__, "numpy": np.__version__},
    }


def grid_cells(figure: Figure) -> Iterator[list[int]]:
    for axes in figure.axes:
        spec = axes.get_subplotspec()
        if spec is not None:
            rows, columns = spec.get_gridspec().get_geometry()
            row, column = spec.rowspan, spec.colspan
            yield [rows, columns, row.start, row.stop - 1, column.start, column.stop - 1]


def colored_artists(result: Any) -> Iterator[Artist]:
    """The coloured artists in whatever a plotting call returned (containers, dicts of lists, tuples with arrays)."""
    if isinstance(result, (Line2D, Patch, Collection, _ImageBase)):
        yield result
    elif isinstance(result, Mapping):
        for item in result.values():
            yield from colored_artists(item)
    elif isinstance(result, (tuple, list)) or (
        hasattr(result, "__iter__") and not isinstance(result, (str, np.ndarray))
    ):
        for item in result:
            yield from colored_artists(item)
    elif hasattr(result, "wedges"):  # PieContainer
        yield from result.wedges
    elif hasattr(result, "lines") and hasattr(result, "arrows"):  # StreamplotSet
        yield result.lines


def colors_of(artist: Artist) -> Iterator[str]:
    if isinstance(artist, Line2D):
        found = [hex_color(artist.get_color())]
    elif isinstance(artist, Patch):
        found = [hex_color(artist.get_facecolor() if artist.get_fill() else artist.get_edgecolor())]
    elif artist.get_array() is not None:
        by_value = isinstance(artist, Collection) or np.ndim(artist.get_array()) == 2
        found = [f"cmap:{artist.get_cmap().name}"] if by_value else []
    else:
        faces = artist.get_facecolor()
        rows = faces if len(faces) else artist.get_edgecolor()
        found = [hex_color(row) for row in np.unique(np.atleast_2d(rows), axis=0)[:MAX_COLORS]]
    yield from (color for color in found if color is not None)
