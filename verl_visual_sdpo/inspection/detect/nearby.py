"""Which of many boxes are near one, and which of many points inside a shape: asked of all at once, since a picture may
hold thousands."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from verl_visual_sdpo.inspection.geometry import Polygon
from verl_visual_sdpo.types import Box

PARTNERS = 50
"""Neighbours of one element that are looked at in detail. Thousands in one place hang together all the same, and cost
minutes otherwise."""


class Boxes:
    """Boxes by their place in the order in which they were given."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        sides = [(box.left, box.top, box.right, box.bottom) for box in boxes]
        self.left, self.top, self.right, self.bottom = np.array(sides, dtype=float).reshape(-1, 4).T

    def near(self, box: Box, px: float = 0.0) -> list[int]:
        """Those that meet ``box``, or touch it, when it is grown by ``px`` on every side."""
        beside = (self.left <= box.right + px) & (self.right >= box.left - px)
        level = (self.top <= box.bottom + px) & (self.bottom >= box.top - px)
        return np.flatnonzero(beside & level).tolist()


def inside(polygon: Polygon, points: np.ndarray) -> np.ndarray:
    """For each of the (N, 2) points whether it lies inside a simple polygon (even-odd rule)."""
    x, y = points.T
    odd = np.zeros(len(points), bool)
    for (x1, y1), (x2, y2) in zip(polygon, (*polygon[1:], *polygon[:1])):
        if y1 != y2:
            odd ^= ((y1 > y) != (y2 > y)) & (x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))
    return odd
