"""The numbers a chart draws, series by series, read from the artists that plotting calls returned.

A series is ``{"form", "panel", "axes", "rows"}``: ``axes`` names the coordinate of each column of ``rows`` ("xyy" for a
bar: its place, where it begins, where it ends). What can be drawn in one call or in several is pooled by panel (bars,
points, segments, shares); curves and outlines stand alone. Coordinates are on the scale of their axis (logarithms on a
logarithmic one). Sizes are bounded: a series that is too long is thinned evenly, the same way wherever it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import Collection, LineCollection, PathCollection
from matplotlib.container import BarContainer
from matplotlib.figure import Figure
from matplotlib.image import _ImageBase
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle, Wedge
from matplotlib.quiver import Quiver

MAX_SERIES = 40
MAX_ROWS = {"curve": 200, "grid": 400}
"""Rows of a series that are kept; of the other forms MAX_POINTS."""
MAX_POINTS = 96
POOLED = ("bars", "points", "segments", "shares")

Part = tuple[str, str, np.ndarray]  # form, axes, rows


def plotted(calls: Iterable[tuple[str, Iterable[Artist]]], figure: Figure) -> list[dict[str, Any]]:
    """The series of the (name, artists) calls of a figure, JSON values; only what is still there and visible."""
    panels: dict[Axes, int] = {axes: i for i, axes in enumerate(figure.axes)}
    bars = {axes: _orientations(axes) for axes in panels}
    found: list[tuple[str, int, str, np.ndarray]] = []
    pools: dict[tuple[str, int, str], list[np.ndarray]] = {}
    for name, artists in calls:
        for artist in filter(_is_shown, artists):
            panel = panels.setdefault(artist.axes, len(panels))
            for form, letters, rows in _parts(name, artist, bars.get(artist.axes, {})):
                rows = _on_scale(artist.axes, letters, np.asarray(rows, float).reshape(-1, len(letters)))
                if form in POOLED:
                    pools.setdefault((form, panel, letters), []).append(rows)
                elif len(rows):
                    found.append((form, panel, letters, rows))
    pooled = [(*key, np.concatenate(parts)) for key, parts in pools.items()]
    series = [s for s in pooled + found if len(s[3])][:MAX_SERIES]
    return [
        {"form": form, "panel": panel, "axes": letters, "rows": _thin(form, rows)}
        for form, panel, letters, rows in series
    ]


def _is_shown(artist: Artist) -> bool:
    """Whether it was neither taken away nor made invisible."""
    alpha = artist.get_alpha()
    return artist.axes is not None and artist.get_visible() and (alpha is None or np.max(alpha) > 0)


def _orientations(axes: Axes) -> dict[int, bool]:
    """Bars of the axes by identity: whether they lie."""
    containers = [c for c in axes.containers if isinstance(c, BarContainer)]
    return {id(bar): getattr(c, "orientation", None) == "horizontal" for c in containers for bar in c}


def _parts(name: str, artist: Artist, bars: Mapping[int, bool]) -> Iterator[Part]:
    if name in ("axhline", "axvline"):  # their other coordinate is of the axes
        across = name == "axhline"
        yield "points", "y" if across else "x", np.asarray(artist.get_xydata())[:1, 1 if across else 0]
    elif name in ("axhspan", "axvspan", "axline"):
        return
    elif isinstance(artist, Line2D):
        if hasattr(artist, "get_data_3d"):
            yield "curve", "xyz", np.column_stack(artist.get_data_3d())
        else:
            yield "curve", "xy", artist.get_xydata()
    elif isinstance(artist, Wedge):
        yield "shares", "s", [(artist.theta2 - artist.theta1) / 360.0]
    elif isinstance(artist, Rectangle) and id(artist) in bars:
        (x0, y0), (x1, y1) = artist.get_bbox().get_points()
        flat = bars[id(artist)]
        yield "bars", "yxx" if flat else "xyy", [(y0 + y1) / 2, x0, x1] if flat else [(x0 + x1) / 2, y0, y1]
    elif isinstance(artist, Patch):
        yield "outline", "xy", artist.get_patch_transform().transform_path(artist.get_path()).vertices
    elif isinstance(artist, (Collection, _ImageBase)):
        yield from _collection(artist)


def _collection(artist: Any) -> Iterator[Part]:
    values = artist.get_array()
    if isinstance(artist, Quiver):
        yield "points", "xyuv", np.column_stack([artist.get_offsets(), artist.U, artist.V])
    elif hasattr(artist, "_offsets3d"):
        yield "points", "xyz", np.column_stack([np.ravel(c) for c in artist._offsets3d])
    elif isinstance(getattr(artist, "_vec", None), np.ndarray):  # surfaces and bars in space
        yield "outline", "xyz", artist._vec[:3].T
    elif values is not None and np.ndim(values) >= 2:
        yield "grid", "rcv", _grid(np.ma.filled(np.ma.asarray(values, float), np.nan))
    elif isinstance(artist, LineCollection):
        for segment in artist.get_segments():
            pair = len(segment) == 2
            yield ("segments", "xyxy", np.ravel(segment)) if pair else ("outline", "xy", segment)
    elif isinstance(artist, PathCollection) or len(artist.get_offsets()) > 1:
        yield "points", "xy", np.ma.filled(artist.get_offsets(), np.nan)
    else:
        vertices = [path.vertices for path in artist.get_paths() if len(path.vertices)]
        yield "outline", "xy", np.concatenate(vertices) if vertices else []


def _grid(values: np.ndarray) -> np.ndarray:
    """(row, column, value) with places as shares of the whole; colours count as their mean."""
    values = values.mean(axis=-1) if values.ndim > 2 else values
    side = int(MAX_ROWS["grid"] ** 0.5)
    picks = [np.unique(np.linspace(0, n - 1, min(n, side)).round().astype(int)) for n in values.shape]
    row, column = np.meshgrid(*picks, indexing="ij")
    places = [(index + 0.5) / n for index, n in zip((row, column), values.shape)]
    return np.column_stack([place.ravel() for place in places] + [values[row, column].ravel()])


def _on_scale(axes: Axes, letters: str, rows: np.ndarray) -> np.ndarray:
    """Coordinates as their axis places them, rows that are nowhere left out."""
    rows = rows.copy()
    with np.errstate(all="ignore"):
        for column, letter in enumerate(letters):
            axis = getattr(axes, f"{letter}axis", None) if letter in "xyz" else None
            if axis is not None and axis.get_scale() != "linear":
                begin = letters == "xyy" and column == 1 or letters == "yxx" and column == 1
                scaled = axis.get_transform().transform(rows[:, column])
                rows[:, column] = np.where(np.isfinite(scaled), scaled, 0.0) if begin else scaled  # bars from 0
    return rows[np.isfinite(rows).all(axis=1)]


def _thin(form: str, rows: np.ndarray) -> list[list[float]]:
    if form not in ("curve", "outline", "grid"):
        rows = rows[np.lexsort(rows.T[::-1])]  # the order of drawing means nothing
    most = MAX_ROWS.get(form, MAX_POINTS)
    if len(rows) > most:
        rows = rows[np.linspace(0, len(rows) - 1, most).round().astype(int)]
    return [[float(f"{value:.7g}") for value in row] for row in rows]
