"""AeSlides' formulas against the values known of them and against a slow reading."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest

from verl_visual_sdpo.inspection.fidelity import slide_formulas as formulas
from verl_visual_sdpo.types import Box


@pytest.mark.parametrize(("height", "known"), [(720, 1.0), (760, 0.94), (800, 0.64), (850, 0.23)])
def test_aspect_of_pages_1280_px_wide(height, known):
    assert formulas.aspect_score(1280 / height) == pytest.approx(known, abs=0.005)


def test_a_slide_too_high_costs_more_than_one_too_wide():
    assert formulas.aspect_score(formulas.WIDE * 0.85) < formulas.aspect_score(formulas.WIDE / 0.85) < 1


def test_whitespace_is_worth_nothing_below_the_step_and_all_above_it():
    assert formulas.whitespace_score(0.8) == 0.0 and formulas.whitespace_score(0.995) == 1.0
    assert formulas.whitespace_score((0.8 + 0.995) / 2) == pytest.approx(0.5)
    values = [formulas.whitespace_score(x) for x in np.linspace(0.75, 1.0, 30)]
    assert values == sorted(values)


def slow_map(gray: np.ndarray, window: tuple[int, int]) -> np.ndarray:
    """Pixel by pixel, by the words of the formula."""
    half = formulas.SMOOTHING // 2
    sigma = 3.5
    weights = np.array([[math.exp(-(x * x + y * y) / (2 * sigma**2)) for x in range(-half, half + 1)]
                        for y in range(-half, half + 1)])  # fmt: skip
    weights /= weights.sum()
    height, width = gray.shape
    padded = np.pad(gray.astype(float), half, mode="reflect")
    smooth = np.array([[np.sum(weights * padded[y : y + 2 * half + 1, x : x + 2 * half + 1]) for x in range(width)]
                       for y in range(height)])  # fmt: skip
    dx, dy = window[0] // 2, window[1] // 2
    padded = np.pad(smooth, ((dy, dy), (dx, dx)), mode="reflect")
    deviation = np.array([[np.std(padded[y : y + window[1], x : x + window[0]]) for x in range(width)]
                          for y in range(height)])  # fmt: skip
    return np.minimum(deviation, 50.0) / 50.0 > 0.05


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_content_map_against_the_slow_one(seed):
    rng = np.random.default_rng(seed)
    gray = np.full((60, 90), 250.0)
    for _ in range(3):
        top, left = rng.integers(0, 50), rng.integers(0, 80)
        gray[top : top + 8, left : left + 10] = rng.integers(0, 255)
    window = (21, 15)
    fast, slow = formulas.content_map(gray, window), slow_map(gray, window)
    assert (fast == slow).mean() > 0.999 and 0.05 < slow.mean() < 0.95


def test_a_blank_picture_holds_no_content_and_text_all_over_fills_it():
    blank = np.full((720, 1280), 255.0)
    assert not formulas.content_map(blank).any()
    blank[20::40, ::3] = 0
    assert formulas.content_map(blank).all()


@pytest.mark.parametrize("seed", range(3))
def test_near_map_against_the_slow_one(seed):
    rng, window = random.Random(seed), (20, 10)
    boxes = [Box(x := rng.uniform(-20, 90), y := rng.uniform(-20, 60), x + 15, y + 8) for _ in range(3)]
    found = formulas.near_map(boxes, (100, 70), window)

    def near(x, y):
        return any(b.left - 10 <= x + 0.5 <= b.right + 10 and b.top - 5 <= y + 0.5 <= b.bottom + 5 for b in boxes)

    slow = np.array([[near(x, y) for x in range(100)] for y in range(70)])
    assert (found == slow).mean() > 0.97  # edges are rounded


def test_the_crop_takes_more_off_the_top():
    marked = np.zeros((100, 200))
    marked[15:90, 20:180] = 1
    assert formulas.cropped(marked).shape == (75, 160) and formulas.cropped(marked).all()


def test_imbalance_at_the_limits_of_both_directions():
    size = (1280.0, 720.0)
    assert formulas.imbalance((640, 360), size) == 0
    assert formulas.imbalance((640 + 0.0075 * 1280, 360), size) == pytest.approx(1.0)
    assert formulas.imbalance((640, 360 - 0.145 * 720), size) == pytest.approx(1.0)
    assert formulas.imbalance((640 + 9.6, 360 + 104.4), size) == pytest.approx(math.sqrt(2))
    assert formulas.imbalance_score(1.0) == 1.0 > formulas.imbalance_score(2.0) > formulas.imbalance_score(9.0) > 0


def test_the_centroid_weighs_area_and_weight():
    boxes = [(Box(0, 0, 10, 10), 1.0), (Box(20, 0, 30, 20), 0.5)]
    assert formulas.centroid(boxes) == pytest.approx((15.0, 7.5))
    assert formulas.centroid([]) is None and formulas.centroid([(Box(3, 3, 3, 9), 1.0)]) is None


@pytest.mark.parametrize("seed", range(3))
def test_collision_against_a_grid_of_points(seed):
    rng = random.Random(seed)
    boxes = [Box(x := rng.randrange(60), y := rng.randrange(60), x + 30, y + 30) for _ in range(2)]
    shared = sum(all(b.left <= x < b.right and b.top <= y < b.bottom for b in boxes)
                 for x in range(100) for y in range(100))  # fmt: skip
    assert formulas.collided_share(boxes) == pytest.approx(2 * shared / 1800)


def test_layers_and_relatives_do_not_collide():
    card, words, beside = Box(0, 0, 100, 100), Box(10, 10, 90, 30), Box(80, 80, 180, 180)
    assert formulas.collided_share([card, words]) == 0
    assert formulas.collided_share([card, beside], related=[(0, 1)]) == 0
    assert 0 < formulas.collided_share([card, beside]) < formulas.collided_share([card, Box(60, 60, 160, 160)]) <= 1
    assert formulas.collision_score(0.0) == 1.0 and formulas.collision_score(0.2) < 0.25
