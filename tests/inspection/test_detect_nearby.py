"""Neighbours by place: the same as looked at one by one, and a bounded number of them in a heap."""

import numpy as np

from verl_visual_sdpo.inspection.detect import detect
from verl_visual_sdpo.inspection.detect.detector import touching
from verl_visual_sdpo.inspection.detect.nearby import PARTNERS, Boxes, inside
from verl_visual_sdpo.inspection.geometry import contains, intersection
from verl_visual_sdpo.types import Box, Element, Scene

SIZE = (600, 400)


def random_boxes(count):
    corners = np.random.default_rng(0).uniform(0, 100, (count, 2))
    return [Box(x, y, x + 15, y + 5) for x, y in corners]


def texts(boxes):
    return [Element(i, "text", box, f"word {i}", {"font_size": 14.0}) for i, box in enumerate(boxes)]


def test_boxes_near_one_are_those_that_meet_it():
    boxes = random_boxes(80)
    places = Boxes(boxes)
    for one in boxes:
        meeting = {i for i, other in enumerate(boxes) if intersection(one, other)}
        assert meeting <= set(places.near(one))
        assert {i for i in places.near(one) if intersection(one, boxes[i])} == meeting
    apart = Box(203.0, 0.0, 210.0, 5.0)
    assert Boxes([Box(190.0, 0.0, 200.0, 5.0)]).near(apart) == []
    assert Boxes([Box(190.0, 0.0, 200.0, 5.0)]).near(apart, 3.0) == [0]
    assert Boxes([]).near(apart) == []


def test_pairs_that_touch_are_all_there_and_once():
    elements = texts(random_boxes(80))
    found = [frozenset((a.id, b.id)) for a, b in touching(elements)]
    wanted = {frozenset((a.id, b.id)) for a in elements for b in elements if a.id < b.id and intersection(a.box, b.box)}
    assert len(found) == len(set(found))
    assert set(found) == wanted


def test_a_heap_of_texts_is_one_defect_of_all_of_them_and_not_every_pair_of_it_is_looked_at():
    heap = texts([Box(100, 100, 160, 118)] * (3 * PARTNERS))
    assert len(list(touching(heap))) < len(heap) * PARTNERS
    defects, _ = detect(Scene(SIZE, tuple(heap)))
    (defect,) = (d for d in defects if d.detector == "text-overlap")
    assert set(defect.element_ids) == {e.id for e in heap}


def test_points_inside_a_polygon_are_those_that_one_by_one_are():
    star = ((0, 40), (100, 40), (20, 100), (50, 0), (80, 100))  # it crosses itself: even-odd
    points = np.random.default_rng(1).uniform(-10, 110, (500, 2))
    assert inside(star, points).tolist() == [contains(star, tuple(point)) for point in points]
    assert 0 < inside(star, points).sum() < len(points)
