"""Plane geometry against values worked out by hand."""

import math

import numpy as np
import pytest

from verl_visual_sdpo.inspection import geometry
from verl_visual_sdpo.types import Box

UNIT = Box(0, 0, 10, 10)


def test_iou_of_boxes():
    assert geometry.iou(UNIT, Box(5, 5, 15, 15)) == pytest.approx(25 / 175)
    assert geometry.iou(UNIT, Box(10, 0, 20, 10)) == 0.0  # a common edge is no area
    flat = Box(0, 5, 10, 5)
    assert geometry.iou(flat, flat) == 1.0


def test_best_iou_takes_the_best_pair_and_is_zero_for_nothing():
    far = Box(100, 100, 110, 110)
    assert geometry.best_iou([far, UNIT], [Box(0, 0, 10, 5)]) == pytest.approx(0.5)
    assert geometry.best_iou([], [UNIT]) == 0.0


def test_share_inside_counts_flat_boxes_by_their_length():
    assert geometry.share_inside(Box(-5, 0, 5, 10), UNIT) == pytest.approx(0.5)
    assert geometry.share_inside(Box(-5, 5, 15, 5), UNIT) == pytest.approx(0.5)


def test_clip_and_overlap_do_not_depend_on_orientation():
    square, other = geometry.corners(UNIT), geometry.corners(Box(5, 5, 15, 15))
    assert geometry.overlap_area(square, other) == pytest.approx(25)
    assert geometry.overlap_area(square[::-1], other[::-1]) == pytest.approx(25)
    assert geometry.clip(square, geometry.corners(Box(20, 20, 30, 30))) == ()


def test_upright_rectangles_share_what_clipping_says():
    rng = np.random.default_rng(0)
    for left, top, right, bottom in rng.uniform(-8, 18, (50, 4)):
        (left, right), (top, bottom) = sorted((left, right)), sorted((top, bottom))
        other = geometry.corners(Box(left, top, right, bottom))
        clipped = geometry.area(geometry.clip(geometry.corners(UNIT), other))
        assert geometry.overlap_area(geometry.corners(UNIT), other) == pytest.approx(clipped)
    assert geometry.upright(geometry.corners(UNIT)) == UNIT
    assert geometry.upright(((5, 0), (10, 5), (5, 10), (0, 5))) is None


def test_rectangle_follows_the_reading_direction():
    upright = geometry.rectangle(geometry.corners(UNIT), 90)
    assert upright[0] == pytest.approx((0, 10))  # text turned by 90 degrees starts at the bottom left ...
    assert upright[1] == pytest.approx((0, 0))  # ... and runs upwards
    diamond = ((5, 0), (10, 5), (5, 10), (0, 5))
    assert geometry.area(geometry.rectangle(diamond, 45)) == pytest.approx(50)
    longer = geometry.rectangle(geometry.corners(UNIT), 0, along=2, across=-1)
    assert geometry.bounds(longer) == Box(-2, 1, 12, 9)


def test_trimming_stops_at_the_middle():
    assert geometry.area(geometry.rectangle(geometry.corners(UNIT), 0, across=-100)) == 0.0
    assert geometry.grow(UNIT, -100) == Box(5, 5, 5, 5)


def test_length_inside_a_convex_polygon():
    square = geometry.corners(UNIT)
    assert geometry.length_inside([(-5, 5), (20, 5)], square) == pytest.approx(10)
    assert geometry.length_inside([(-5, 5), (5, 5), (5, 20)], square) == pytest.approx(10)
    assert geometry.length_inside([(-5, -5), (15, 15)], square[::-1]) == pytest.approx(10 * math.sqrt(2))
    assert geometry.length_inside([(-5, 12), (20, 12)], square) == 0.0


def test_point_in_polygon_with_a_notch():
    notched = ((0, 0), (10, 0), (10, 10), (5, 3), (0, 10))
    assert geometry.contains(notched, (2, 2))
    assert not geometry.contains(notched, (5, 8))
