"""The formulas of AeSlides' terms for one slide, as pure functions of a ratio, a picture, boxes.

AeSlides (a reward for slides that are HTML pages 1280 px wide, meant to be 1280 x 720) looks at four things. Of its
public code the constants below are known; its collision term is not public, so that one is ours.

    aspect      e = ln(ratio / 1.778);  exp(-16 e^2 - 64 max(-e - 0.04, 0)^2): too high costs more than too wide
    whitespace  a pixel holds content where the standard deviation of the smoothed grey picture around it (a window of
                201 x 151 px) is above 0.05 of 50 grey levels; of the picture without its border (0.15 above, 0.10 at
                the other sides) the share with content is worth 0 up to 0.8, 1 from 0.995, a smooth step between
    imbalance   where the centroid of the boxes lies, weighed by area: m = sqrt((dx / 0.0075)^2 + (dy / 0.145)^2),
                dx and dy as shares of width and height; balanced up to m = 1
    collision   share of the boxes' area that lies on other boxes (ours)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
from scipy.ndimage import correlate1d, uniform_filter

from verl_visual_sdpo.inspection.geometry import intersection
from verl_visual_sdpo.types import Box

WIDE = 16.0 / 9.0
SMOOTHING = (
    21  # px, side of the Gaussian window; its sigma follows from it as in OpenCV: 0.3 * ((21 - 1) / 2 - 1) + 0.8
)
WINDOW = (201, 151)  # px, width and height of the window of the local deviation
CLIPPED = 50.0  # grey levels of deviation that count as 1
CONTENT = 0.05  # of CLIPPED
CROP_TOP, CROP_SIDE = 0.15, 0.10
EMPTY, FULL = 0.8, 0.995  # shares of content worth 0 and 1
SPAN_X, SPAN_Y = 0.0075, 0.145  # how far the centroid may lie off the centre
IMBALANCE_FALL = 10.0  # ours: how much further than allowed costs a factor e
COLLISION_FALL = 8.0  # ours: a share of 1 / 8 on other boxes costs a factor e


def aspect_score(ratio: float, target: float = WIDE) -> float:
    """1 for the target ratio (width / height). 1280 x 760 px: 0.94, 800: 0.64, 850: 0.23."""
    e = math.log(ratio / target)
    return math.exp(-16.0 * e**2 - 64.0 * max(-e - 0.04, 0.0) ** 2)


def smoothstep(x: float, low: float, high: float) -> float:
    """0 up to ``low``, 1 from ``high``, 3 t^2 - 2 t^3 between."""
    t = min(max((x - low) / (high - low), 0.0), 1.0)
    return t * t * (3.0 - 2.0 * t)


def whitespace_score(share: float) -> float:
    """What a share of the cropped picture with content is worth."""
    return smoothstep(share, EMPTY, FULL)


def content_map(gray: np.ndarray, window: tuple[int, int] = WINDOW) -> np.ndarray:
    """Where a grey picture (height, width; 0 to 255) holds content: bool, same shape. Borders are mirrored."""
    side = np.arange(SMOOTHING) - SMOOTHING // 2
    kernel = np.exp(-0.5 * (side / (0.3 * ((SMOOTHING - 1) * 0.5 - 1.0) + 0.8)) ** 2)
    smooth = np.asarray(gray, dtype=np.float32)
    for axis in (0, 1):
        smooth = correlate1d(smooth, kernel / kernel.sum(), axis=axis, mode="mirror")
    smooth = smooth.astype(np.float64)  # a difference of squares
    smooth -= smooth.mean()
    size = (window[1], window[0])
    mean = uniform_filter(smooth, size, mode="mirror")
    variance = np.maximum(uniform_filter(smooth**2, size, mode="mirror") - mean**2, 0.0)
    return np.minimum(np.sqrt(variance), CLIPPED) / CLIPPED > CONTENT


def near_map(boxes: Iterable[Box], size: tuple[int, int], window: tuple[int, int] = WINDOW) -> np.ndarray:
    """The same from geometry: pixels whose window reaches a box; bool, (height, width) for ``size`` (width, height)."""
    width, height = size
    found = np.zeros((height, width), dtype=bool)
    for box in boxes:
        left, right = (round(x) for x in (box.left - window[0] / 2, box.right + window[0] / 2))
        top, bottom = (round(y) for y in (box.top - window[1] / 2, box.bottom + window[1] / 2))
        found[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)] = True
    return found


def cropped(picture: np.ndarray) -> np.ndarray:
    """A picture (height, width) without the border that may be empty."""
    height, width = picture.shape
    side, end = int(CROP_SIDE * width), int(CROP_SIDE * height)
    return picture[int(CROP_TOP * height) : height - end, side : width - side]


def centroid(boxes: Sequence[tuple[Box, float]]) -> tuple[float, float] | None:
    """Centre of boxes weighed by area times the given weight; None where they weigh nothing."""
    weights = [box.area * weight for box, weight in boxes]
    whole = sum(weights)
    if whole <= 0:
        return None
    x, y = (sum(w * box.center[axis] for (box, _), w in zip(boxes, weights)) / whole for axis in (0, 1))
    return x, y


def imbalance(center: tuple[float, float], size: tuple[float, float]) -> float:
    """How far a centroid lies off the centre of the slide: balanced up to 1."""
    dx, dy = center[0] / size[0] - 0.5, center[1] / size[1] - 0.5
    return math.hypot(dx / SPAN_X, dy / SPAN_Y)


def imbalance_score(measured: float) -> float:
    """1 up to 1; from there it falls, so that a better balance is always worth more (AeSlides only says yes or no)."""
    return math.exp(-max(measured - 1.0, 0.0) / IMBALANCE_FALL)


def collided_share(boxes: Sequence[Box], related: Iterable[tuple[int, int]] = ()) -> float:
    """The area of boxes on other boxes over the area of all, in [0, 1]; each box counts at most once.

    ``related`` are pairs of indices that belong on each other. One box wholly inside of another is layering.
    """
    apart = {frozenset(pair) for pair in related}
    whole = sum(box.area for box in boxes)
    if whole <= 0:
        return 0.0
    lost = [0.0] * len(boxes)
    for i, a in enumerate(boxes):
        for j in range(i + 1, len(boxes)):
            common = intersection(a, boxes[j])
            if common is None or frozenset((i, j)) in apart or common.area >= 0.95 * min(a.area, boxes[j].area):
                continue
            lost[i] += common.area
            lost[j] += common.area
    return min(sum(min(part, box.area) for part, box in zip(lost, boxes)) / whole, 1.0)


def collision_score(share: float) -> float:
    return math.exp(-COLLISION_FALL * share)
