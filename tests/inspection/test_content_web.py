"""The content gate of pages: leaving something out always costs more than the worst it could have cost by staying."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from verl_visual_sdpo.inspection.content_web import PER_TOLERANCE, PageContent, missing_texts, page_gate, roominess
from verl_visual_sdpo.inspection.reward import ELEMENT_CAP, TOLERANCE, grade
from verl_visual_sdpo.types import Box, Defect, Element, Execution, Rendering, Scene

COST = ELEMENT_CAP / TOLERANCE
TEXTS = [f"{word} number {n} of the page" for n, word in enumerate(["alpha", "beta", "gamma", "delta"] * 2)]


def scene(texts, pictures=(), size=16.0):
    elements = [Element(0, "page", Box(0, 0, 1000, 4000))]
    for n, text in enumerate(texts):
        top = 30.0 * n
        elements.append(
            Element(len(elements), "text", Box(10, top, 400, top + 20), text, {"font_size": size}, parent=0)
        )
    for n, side in enumerate(pictures):
        box = Box(500, 120.0 * n, 500 + side, 120.0 * n + side)
        elements.append(Element(len(elements), "image", box, "", {"visible_paint": True}, parent=0))
    return Scene((1000, 4000), tuple(elements))


def gate(drawn, wanted=None, defects=()):
    return page_gate((drawn,), None if wanted is None else (wanted,), defects, COST)


def test_the_same_page_passes_and_an_empty_one_does_not():
    full = scene(TEXTS, [80])
    assert gate(full, full) == 1.0
    assert gate(scene([]), full) < 0.05
    assert gate(scene([])) == 0.0 and gate(full) == 1.0


@pytest.mark.parametrize("left_out", range(len(TEXTS)))
def test_each_text_left_out_costs_as_much_as_it_could_have_cost(left_out):
    full, ok = scene(TEXTS), Execution("ok")
    fewer = scene(TEXTS[:left_out] + TEXTS[left_out + 1 :])
    faults = [Defect(f"d{n}", 1.0, (Box(0, 0, 1, 1),), (left_out + 1,), 1.0, 0.1, "") for n in range(5)]
    kept = grade(Rendering(ok, (full,)), faults, 1.0, Rendering(ok, (full,)))
    gone = grade(Rendering(ok, (fewer,)), (), 1.0, Rendering(ok, (full,)))
    assert gone.score <= kept.score + 1e-9


def test_a_page_of_much_content_has_more_room_for_both():
    small, large = scene(TEXTS), scene(TEXTS * 10)
    assert roominess((small,)) == 1.0
    assert roominess((large,)) == pytest.approx(len(TEXTS) * 10 / PER_TOLERANCE)
    one_less = scene(TEXTS * 10, [])
    assert gate(large, large) == 1.0 and gate(scene((TEXTS * 10)[1:]), one_less) > gate(scene(TEXTS[1:]), small)


def test_of_a_text_that_ends_in_an_ellipsis_its_beginning_is_there():
    whole = scene(TEXTS)
    found = []
    for right in (400, 300, 60):  # px of which a text has 390, from 10 on
        beginning = {"clip": Box(10, 0, right, 4000)}
        texts = [
            e if not e.text else replace(e, style={**e.style, "ellipsis": True}, **beginning) for e in whole.elements
        ]
        found.append(gate(replace(whole, elements=tuple(texts)), whole))
    assert found[:2] == [1.0, 1.0], "half of a text is enough of it"
    assert found[2] < 0.2


def test_sentences_may_be_cut_otherwise_and_wrong_words_are_still_words():
    whole, parts = ["one two three four five six"], ["one two", "three four", "five six"]
    assert missing_texts(parts, whole) == missing_texts(whole, parts) == 0.0
    assert missing_texts(["quite other words of that length"], whole) == 0.0
    assert missing_texts([], whole) == 1.0
    slips = ["one twoo three four five six", "alpha beta"]
    assert missing_texts(slips[:1], ["one two three four five six", "alpha beta"]) == 1.0, "of other texts' words none"
    assert 0.0 < missing_texts(["one"], whole) < 1.0


def test_tiny_faint_and_hidden_texts_are_no_content():
    full = scene(TEXTS)
    assert gate(scene(TEXTS, size=3.0), full) < 0.05
    clipped = Scene(full.size, tuple(_with_clip(e) for e in full.elements))
    assert gate(clipped, full) < 0.05
    assert PageContent.of(clipped, {1}).texts == (TEXTS[0],), "its defect was charged already"


def test_pictures_count_and_small_ones_do_not_stand_for_large_ones():
    wanted = scene(TEXTS, [200, 200])
    assert gate(scene(TEXTS, [200]), wanted) == pytest.approx(math.exp(-COST / roominess((wanted,))))
    assert gate(scene(TEXTS, [200, 20]), wanted) < 0.75
    assert gate(scene(TEXTS, [200, 180]), wanted) == 1.0


def _with_clip(e: Element) -> Element:
    return Element(e.id, e.kind, e.box, e.text, e.style, parent=e.parent, clip=Box(900, 1900, 901, 1901))
