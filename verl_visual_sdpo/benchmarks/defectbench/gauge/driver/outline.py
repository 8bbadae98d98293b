"""Which artists of a figure are text, which are data, and how many data points lie outside their axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.collections import Collection, LineCollection, PathCollection, QuadMesh
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle, Wedge
from matplotlib.text import Text


def walk_axes(figure: Any) -> Iterator[Any]:
    """Visible axes of a figure and of its subfigures, insets behind their parents."""
    for ax in figure.axes:
        if ax.get_visible():
            yield ax
            yield from (child for child in ax.child_axes if child.get_visible() and child not in figure.axes)


def walk_texts(figure: Figure, axes: list[Any]) -> Iterator[tuple[Text, str, int]]:
    """(text, role, index of its axes) of every visible text that says something."""
    for index, ax in enumerate(axes):
        for text, role in _axes_texts(ax):
            if _says_something(text):
                yield text, role, index
    for owner in (figure, *figure.subfigs):
        headings = [owner._suptitle, owner._supxlabel, owner._supylabel]
        own = [(t, "heading") for t in headings if t is not None]
        own += [(t, "text") for t in owner.texts if t not in headings]
        own += [(t, "legend") for legend in owner.legends for t in (*legend.get_texts(), legend.get_title())]
        yield from ((text, role, -1) for text, role in own if _says_something(text))


def _axes_texts(ax: Any) -> Iterator[tuple[Text, str]]:
    for title in (ax.title, ax._left_title, ax._right_title):
        yield title, "title"
    if ax.axison:
        for name in ("x", "y", "z"):
            axis = getattr(ax, f"{name}axis", None)
            if axis is not None and axis.get_visible():
                yield axis.label, f"{name}label"
                yield from ((text, f"{name}tick") for text in _tick_labels(axis))
    if ax.get_legend() is not None and ax.get_legend().get_visible():
        yield from ((text, "legend") for text in (*ax.get_legend().get_texts(), ax.get_legend().get_title()))
    for table in ax.tables:
        yield from ((cell.get_text(), "table") for cell in table.get_celld().values())
    yield from ((text, "text") for text in ax.texts)


def _tick_labels(axis: Any) -> Iterator[Text]:
    for tick in axis._update_ticks():
        yield from (label for label in (tick.label1, tick.label2) if label.get_visible())


def _says_something(text: Text) -> bool:
    return text.get_visible() and bool(text.get_text().strip()) and text.get_alpha() != 0


def data_artists(ax: Any) -> list[Artist]:
    """Lines, marks, areas and pictures that stand for data: what is placed in data coordinates."""
    found = [*ax.lines, *ax.collections, *ax.patches, *ax.images]
    return [a for a in found if a.get_visible() and (isinstance(a, AxesImage) or _in_data(a, ax))]


def _in_data(artist: Artist, ax: Any) -> bool:
    """Reference lines and spans use blended coordinates and are no data; offsets in data coordinates count."""
    if isinstance(artist, Collection) and artist.get_offset_transform().contains_branch(ax.transData):
        return True
    return all(artist.get_transform().contains_branch_seperately(ax.transData))


def is_mark(artist: Artist) -> bool:
    """Thin things (lines, scatter marks, error bars) against filled areas (bars, wedges, bands, pictures)."""
    return isinstance(artist, (Line2D, PathCollection, LineCollection))


def is_field(artist: Artist) -> bool:
    """What covers the plane rather than standing on it: pictures, meshes, contours, hexagons."""
    if isinstance(artist, (AxesImage, QuadMesh, ContourSet)):
        return True
    return isinstance(artist, Collection) and artist.get_array() is not None and not isinstance(artist, PathCollection)


def points_outside(ax: Any) -> tuple[int, int, int]:
    """(outside, beside, all) of the data points of an axes: line vertices, scatter offsets, the far corners of bars.

    A line that runs out at the side (``beside``) may be a choice of what to show; one that leaves through top or
    bottom is cut.
    """
    if ax.name != "rectilinear":
        return 0, 0, 0
    box, outside, aside, count = ax.bbox, 0, 0, 0
    for artist in data_artists(ax):
        points = _points(artist)
        points = points[np.isfinite(points).all(axis=1)]
        beside, beyond = ((points < low - 1) | (points > high + 1) for low, high in (box.intervalx, box.intervaly))
        beside, beyond = beside[:, 0], beyond[:, 1]
        outside += int((beyond & ~beside if isinstance(artist, Line2D) else beyond | beside).sum())
        aside += int(beside.sum()) if isinstance(artist, Line2D) else 0
        count += len(points)
    return outside, aside, count


def _points(artist: Artist) -> np.ndarray:
    """In px of the display."""
    if isinstance(artist, Line2D):
        return artist.get_transform().transform(artist.get_xydata())
    if isinstance(artist, PathCollection):
        return artist.get_offset_transform().transform(np.ma.filled(artist.get_offsets(), np.nan))
    if isinstance(artist, Rectangle):
        corners = np.array([[1, 1], [1, 0], [0, 1]])
        return artist.get_transform().transform(corners)[:1]
    if isinstance(artist, Wedge) or not isinstance(artist, Patch):
        return np.empty((0, 2))
    return artist.get_transform().transform(artist.get_path().vertices)
