"""The reward's integrity: defects cost, missing content costs more, and nothing else does."""

import math
from dataclasses import replace

import numpy as np
import pytest

from verl_visual_sdpo.inspection.content import Content
from verl_visual_sdpo.inspection.reward import ELEMENT_CAP, TOLERANCE, burden, grade
from verl_visual_sdpo.types import Box, Defect, Element, Execution, Rendering, Scene

SIZE = (640, 480)


def text(i, kind="text", **changes):
    return replace(Element(i, kind, Box(10, 10 + 20 * i, 90, 25 + 20 * i), text=f"label {i}"), **changes)


def line(i, **changes):
    return replace(Element(i, "line", Box(80, 60, 560, 400)), **changes)


def rendering(*elements, status="ok"):
    return Rendering(Execution(status), scenes=(Scene(SIZE, tuple(elements)),))


def defect(*ids, severity=1.0, detector="text-overlap", page=0):
    return Defect(detector, severity, tuple(Box(0, 0, 1, 1) for _ in ids), ids, 1.0, 0.0, "", page=page)


def test_a_clean_complete_chart_is_worth_one():
    picture = rendering(line(0), text(1, "title"), text(2, "axis-label"))
    reward = grade(picture, (), likeness=1.0, reference=picture)
    assert (reward.score, reward.executed, reward.quality, reward.fidelity, reward.gate) == (1, 1, 1, 1, 1)
    assert grade(picture, ()).score == 1.0  # and with nothing to compare with


@pytest.mark.parametrize("status", ["syntax_error", "runtime_error", "timeout", "forbidden", "no_program", "no_output"])
def test_a_failed_run_is_worth_nothing(status):
    assert grade(Rendering(Execution(status)), ()).score == 0.0


def test_an_empty_or_invisible_picture_is_worth_nothing_with_or_without_reference():
    full = rendering(line(0), text(1), text(2))
    hidden = rendering(
        line(0, box=Box(700, 10, 900, 90)),  # off the canvas
        line(1, style={"alpha": 0}),
        line(2, clip=Box(0, 0, 20, 20)),  # clipped away
        line(5, box=Box(math.nan, 0, 20, 20)),  # nowhere
        text(3),
        text(4),
    )
    for nothing in (rendering(), rendering(text(0), text(1)), hidden):
        assert grade(nothing, ()).score == 0.0
        assert grade(nothing, (), likeness=1.0, reference=full).score == 0.0


def test_marks_of_a_legend_are_not_data_and_unreadable_text_is_not_text():
    legend = Element(5, "legend", Box(500, 20, 600, 80))
    unread = [text(8, style={"font_size": 2.0}), text(9, text="  "), text(10, style={"alpha": 0.2})]
    scene = Scene(SIZE, (legend, line(6, parent=5), line(7), *unread))
    found = Content.of(scene)
    assert (found.data, found.texts) == (1, ())


def test_quality_falls_with_every_further_defect_and_stays_above_zero():
    picture = rendering(line(0), text(1), text(2))
    scores = [grade(picture, [defect(10 + i) for i in range(n)]).score for n in range(11)]
    assert all(later < earlier for earlier, later in zip(scores, scores[1:]))
    assert scores[1] == pytest.approx(math.exp(-1 / TOLERANCE))
    assert scores[10] > 0.1


def test_quality_follows_severity_and_not_the_order_of_the_defects():
    assert burden([defect(1, 2, severity=0.3)]) == pytest.approx(0.3)
    several = [defect(1, 2, severity=0.9), defect(2, 3, severity=0.8), defect(2, 4, severity=0.7), defect()]
    assert burden(several) == pytest.approx(burden(several[::-1]))


def test_one_element_answers_for_at_most_the_cap_on_its_own_page():
    star = [defect(0, i) for i in range(1, 6)]
    assert burden(star) == ELEMENT_CAP
    assert burden(star + [replace(d, page=1) for d in star]) == 2 * ELEMENT_CAP


def test_leaving_a_text_out_never_pays_whatever_was_wrong_with_it():
    """Random pictures with random overlaps: delete any one text with all its defects, the score does not rise."""
    rng = np.random.default_rng(3)
    for _ in range(100):
        n = int(rng.integers(2, 8))
        reference = rendering(line(100), *(text(i) for i in range(n)))
        pairs = [rng.choice(n, 2, replace=False) for _ in range(rng.integers(1, 12))]
        found = [defect(int(a), int(b), severity=float(rng.uniform(0.1, 1))) for a, b in pairs]
        kept = grade(reference, found, 1.0, reference).score
        for gone in range(n):
            rest = rendering(line(100), *(text(i) for i in range(n) if i != gone))
            remaining = [d for d in found if gone not in d.element_ids]
            assert grade(rest, remaining, 1.0, reference).score <= kept + 1e-12


def test_a_text_out_of_sight_is_charged_once_and_so_never_worth_deleting():
    reference = rendering(line(0), text(1), text(2))
    outside = rendering(line(0), text(1), text(2, box=Box(700, 0, 800, 20)))
    charged = grade(outside, [defect(2, detector="canvas-overflow")], 1.0, reference)
    assert charged.gate == 1.0
    assert grade(outside, (), 1.0, reference).gate < 1.0  # not noticed by a detector: then it is missing
    assert grade(rendering(line(0), text(1)), (), 1.0, reference).score < charged.score < 1.0


def test_names_on_ticks_are_content_and_numbers_on_ticks_are_not():
    ticks = [
        replace(text(i), kind="tick-label", text=t) for i, t in enumerate(("Rome", "Q1", "−2.5", "$10^{2}$", "1999-01"))
    ]
    assert Content.of(rendering(*ticks).scenes[0]).texts == (4, 2)


def test_a_dot_does_not_stand_for_a_title_and_a_shorter_title_does():
    reference = rendering(line(0), text(1, "title", text="Rain by city and month"))
    shorter, dot, none = (
        grade(rendering(line(0), text(1, "title", text=t)), (), 1.0, reference) for t in ("Rain by city", ".", " ")
    )
    assert shorter.gate == 1.0
    assert none.gate == pytest.approx(math.exp(-ELEMENT_CAP / TOLERANCE))
    assert none.gate < dot.gate < 0.75


def test_text_that_is_small_against_the_picture_costs_whatever_the_picture_measures():
    elements = (line(0), text(1, style={"font_size": 14.0}), text(2, style={"font_size": 14.0}))
    reference = rendering(*elements)
    huge = Rendering(Execution("ok"), (Scene((2560, 1920), elements),))
    assert grade(huge, (), 1.0, reference).gate == pytest.approx(1.25 / 4)
    sharp = tuple(replace(e, style={"font_size": 56.0}) for e in elements)  # the same figure at four times the dpi
    assert grade(Rendering(Execution("ok"), (Scene((2560, 1920), sharp),)), (), 1.0, reference).gate == 1.0


def test_the_gate_prices_missing_data_by_its_share():
    bars = [Element(i, "bar", Box(50 * i, 100, 50 * i + 40, 400)) for i in range(1, 6)]
    full, one = rendering(*bars), rendering(bars[0])
    assert grade(one, (), 1.0, full).gate == pytest.approx(0.2)
    assert grade(full, (), 1.0, one).gate == 1.0  # more than the reference is fidelity's business


def test_content_spread_over_further_figures_does_not_count():
    whole = Scene(SIZE, (line(0), text(1), text(2)))
    first, second = Scene(SIZE, (line(0),)), Scene(SIZE, (text(1), text(2)))
    reference = Rendering(Execution("ok"), (whole,))
    spread, half = (grade(Rendering(Execution("ok"), s), (), 1.0, reference) for s in ((first, second), (first,)))
    assert spread.gate == half.gate < 1.0


def test_without_a_reference_any_data_and_two_texts_on_all_figures_together_will_do():
    first, second = Scene(SIZE, (line(0), text(1))), Scene(SIZE, (text(2),))
    assert grade(Rendering(Execution("ok"), (first, second)), ()).gate == 1.0
    assert grade(Rendering(Execution("ok"), (first,)), ()).gate == pytest.approx(math.exp(-ELEMENT_CAP / TOLERANCE))


def test_a_reference_of_text_alone_asks_for_text_alone():
    poster = rendering(text(0), text(1))
    assert grade(poster, (), 1.0, poster).score == 1.0
