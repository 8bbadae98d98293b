"""The toy task: prompts say what programs draw, and knobs change single lines."""

import ast
import json
import random

import pytest

from verl_visual_sdpo.data.toy_charts import (
    CHOICES,
    HABITS,
    KINDS,
    KNOBS,
    TYPOS,
    draw_chart,
    good_knobs,
    reword,
    sample_texts,
    sloppy_knobs,
    write_program,
    write_prompt,
    write_response,
)
from verl_visual_sdpo.data.toy_feedback import break_program, swap_lines
from verl_visual_sdpo.inspection.program import extract_program


def charts(count: int = 40):
    rng = random.Random(7)
    return [draw_chart(rng, KINDS[n % len(KINDS)]) for n in range(count)]


def test_the_same_seed_draws_the_same_charts():
    assert charts() == charts()
    assert len(set(charts())) == 40


@pytest.mark.parametrize("chart", charts(10), ids=lambda chart: chart.kind)
def test_the_prompt_names_every_word_and_number_of_the_program(chart):
    prompt, program = write_prompt(chart), write_program(chart, good_knobs(chart))
    assert prompt.startswith("<image>") and prompt.count("<image>") == 1
    for word in (chart.title, chart.color, *chart.labels, *chart.names, chart.mark):
        assert word in prompt and word in program
    for row in chart.series:
        assert json.dumps(list(row)) in prompt and json.dumps(list(row)) in program


@pytest.mark.parametrize("chart", charts(20), ids=lambda chart: chart.kind)
def test_programs_parse_and_knobs_change_lines_in_place(chart):
    rng = random.Random(1)
    careful = write_program(chart, good_knobs(chart))
    for _ in range(5):
        sloppy = write_program(chart, sloppy_knobs(chart, rng))
        ast.parse(sloppy)
        assert len(sloppy.splitlines()) == len(careful.splitlines())
        everything = set(range(1, len(careful.splitlines()) + 1))
        assert swap_lines(sloppy, careful, everything) == careful
        assert swap_lines(sloppy, careful, set()) == sloppy


def test_every_knob_has_choices_and_a_habit_among_them():
    for kind, knobs in KNOBS.items():
        assert kind in KINDS
        for knob in knobs:
            assert HABITS[knob] in CHOICES[knob]
    for chart in charts():
        assert all(value in CHOICES[knob] for knob, value in good_knobs(chart).items())


def test_sloppiness_follows_its_rates():
    chart, rng = draw_chart(random.Random(0), "bar"), random.Random(0)
    assert all(sloppy_knobs(chart, rng, habit=0.0, noise=0.0) == good_knobs(chart) for _ in range(20))
    assert sloppy_knobs(chart, rng, habit=1.0) == {knob: HABITS[knob] for knob in KNOBS["bar"]}


def test_rewording_keeps_what_the_picture_shows():
    rng = random.Random(3)
    for chart in charts(10):
        other = reword(chart, rng)
        assert (other.kind, other.series, other.color, other.dark) == (
            chart.kind,
            chart.series,
            chart.color,
            chart.dark,
        )
        assert other.title != chart.title or other.labels != chart.labels or other.names != chart.names
        assert len(other.labels) == len(chart.labels)


def test_the_response_holds_the_program():
    chart = charts(1)[0]
    program = write_program(chart, good_knobs(chart))
    assert extract_program(write_response(chart, good_knobs(chart))).source == program


def test_broken_programs_differ_in_one_slip():
    rng = random.Random(0)
    for chart in charts(10):
        program = write_program(chart, good_knobs(chart))
        broken = break_program(program, rng, TYPOS)
        assert broken != program
        assert any(broken.replace(wrong, right, 1) == program or right in program for right, wrong in TYPOS)
        assert abs(len(broken) - len(program)) <= 1


def test_sample_texts_hold_prompts_and_programs():
    texts = sample_texts(seed=1, count=5)
    assert len(texts) == 10
    assert sum("<image>" in text for text in texts) == 5 and sum("```python" in text for text in texts) == 5
