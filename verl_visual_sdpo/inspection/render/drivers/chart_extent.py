"""Where shapes lie: the outlines of lines, patches and collections, in display coordinates (px, origin bottom-left)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

import numpy as np
from chart_ink import DrawLog  # noqa: F401 (where it was looked for before)
from matplotlib.artist import Artist
from matplotlib.collections import Collection, PathCollection, QuadMesh
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.transforms import Affine2D, Bbox

MAX_OUTLINE = 500
"""Points of an outline that are kept."""
MAX_PARTS = 120
"""A collection of more shapes is known by its extent only."""


def shape(artist: Artist) -> list[np.ndarray]:
    """Finite display coordinates, one (N, 2) array a part: vertices of lines and outlines, centres of marks."""
    return [part for points in _parts(artist) if len(part := _finite(points))]


def _finite(points: np.ndarray) -> np.ndarray:
    points = np.ma.filled(np.ma.asarray(points, float), np.nan).reshape(-1, 2)
    return points[np.isfinite(points).all(axis=1)]


def _parts(artist: Artist) -> list[np.ndarray]:
    if isinstance(artist, Line2D):
        return [artist.get_transform().transform(artist.get_xydata())]
    if isinstance(artist, Patch):
        return artist.get_path().to_polygons(artist.get_transform(), closed_only=False)
    if isinstance(artist, QuadMesh):
        return [artist.get_transform().transform(np.asarray(artist.get_coordinates()).reshape(-1, 2))]
    if not isinstance(artist, Collection):
        return []
    offsets, paths = np.ma.asarray(artist.get_offsets(), float).reshape(-1, 2), artist.get_paths()
    if len(offsets) > 1 or isinstance(artist, PathCollection) or not paths:
        centres = artist.get_offset_transform().transform(offsets)
        if isinstance(artist, PathCollection) or not paths or max(len(paths), len(offsets)) > MAX_PARTS:
            return [centres]
        return list(_around(centres, artist))
    if len(paths) > MAX_PARTS:
        return [artist.get_transform().transform(np.concatenate([path.vertices for path in paths]))]
    found = [part for path in paths for part in path.to_polygons(artist.get_transform(), closed_only=False)]
    return found if len(found) <= MAX_PARTS else [np.concatenate(found)]


def _around(centres: np.ndarray, artist: Collection) -> Iterator[np.ndarray]:
    """Shapes drawn at several places (arrows, hexagons): paths, their own transforms and the places in turn."""
    paths, own = artist.get_paths(), artist.get_transforms()
    for number in range(max(len(paths), len(centres))):
        centre = np.ma.filled(centres[number % len(centres)], np.nan)
        if np.isfinite(centre).all():
            turn = Affine2D(own[number % len(own)]) if len(own) else Affine2D()
            place = turn + artist.get_transform() + Affine2D().translate(*centre)
            yield from paths[number % len(paths)].to_polygons(place, closed_only=False)


def is_centres(artist: Artist) -> bool:
    """Whether :func:`shape` gives one point for each of many shapes, or for too many to tell them apart."""
    if not isinstance(artist, Collection):
        return False
    many = max(len(artist.get_paths()), len(artist.get_offsets()))
    return isinstance(artist, (PathCollection, QuadMesh)) or len(shape(artist)) < many


def is_box(parts: list[np.ndarray]) -> bool:
    """Whether a shape fills its bounding box: a rectangle that is neither turned nor bent by a projection."""
    if len(parts) != 1 or len(parts[0]) not in (4, 5):
        return False
    x, y = parts[0].T
    area = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2
    return bool(area >= 0.98 * np.ptp(x) * np.ptp(y))


def thin(parts: list[np.ndarray], view: Bbox | None) -> tuple[np.ndarray, list[int]]:
    """At most MAX_OUTLINE of the points, of those in sight (and their neighbours) where there are any, and where the
    second and later parts begin among them."""
    total = sum(map(len, parts))
    if total > MAX_OUTLINE and view is not None:
        parts = [_in_sight(part, view) for part in parts]
        parts = [part for part in parts if len(part)] or parts
        total = sum(map(len, parts))
    if total > MAX_OUTLINE:
        parts = [_sampled(part, max(MAX_OUTLINE * len(part) // total, 3)) for part in parts]
    points = np.concatenate(parts) if parts else np.empty((0, 2))
    return points, list(accumulate(map(len, parts[:-1])))


def _in_sight(points: np.ndarray, view: Bbox) -> np.ndarray:
    seen = ((points >= view.min) & (points <= view.max)).all(axis=1)
    if not seen.any():
        return points if len(points) <= 2 else points[:: max(len(points) // 8, 1)]
    seen |= np.roll(seen, 1) | np.roll(seen, -1)
    return points[seen]


def _sampled(points: np.ndarray, number: int) -> np.ndarray:
    if len(points) <= number:
        return points
    return points[np.linspace(0, len(points) - 1, number).round().astype(int)]
