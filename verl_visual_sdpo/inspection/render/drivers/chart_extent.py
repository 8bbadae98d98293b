"""Where artists lie: what the last draw really drew, and the outlines of shapes and slanted text.

All in display coordinates: px, origin bottom-left.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axis import Axis
from matplotlib.collections import Collection, PathCollection, QuadMesh
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text
from matplotlib.transforms import Bbox

MAX_OUTLINE = 500
"""Points of an outline that are kept."""


class DrawLog:
    """What the last draw really drew: the ticks of each axis, and texts with their extents at that moment (3-D texts
    and the tick labels of some toolkits have none afterwards)."""

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


def vertices(artist: Artist) -> np.ndarray:
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


def corners(text: Text, extent: Bbox, renderer: Any) -> list[tuple[float, float]]:
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


def thin(points: np.ndarray, view: Bbox | None) -> np.ndarray:
    """At most MAX_OUTLINE of the points, of those in sight (and their neighbours) where there are any."""
    if len(points) > MAX_OUTLINE and view is not None:
        seen = ((points >= view.min) & (points <= view.max)).all(axis=1)
        seen |= np.roll(seen, 1) | np.roll(seen, -1)
        points = points[seen] if seen.any() else points
    if len(points) > MAX_OUTLINE:
        points = points[np.linspace(0, len(points) - 1, MAX_OUTLINE).round().astype(int)]
    return points
