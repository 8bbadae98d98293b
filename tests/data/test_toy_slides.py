"""The toy slides: clean when written with care, faulty by habit, and the tiny model learns from them on CPU."""

import json
import random

import pytest

from verl_visual_sdpo.data.toy_dataset import make_tasks, read_parquet, write_parquet
from verl_visual_sdpo.data.toy_feedback import make_repairs, swap_lines
from verl_visual_sdpo.data.toy_slides import (
    CHOICES,
    HABITS,
    KINDS,
    KNOBS,
    draw,
    good_knobs,
    reword,
    sloppy_knobs,
    words_of,
    write_program,
    write_prompt,
    write_response,
)
from verl_visual_sdpo.data.warm_start import WarmStart, warm_start
from verl_visual_sdpo.inspection.domains import default_renderer
from verl_visual_sdpo.inspection.pipeline import Budget, analyse
from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program

needs_office = pytest.mark.skipif(find_program() is None, reason="LibreOffice is not installed")
SETTINGS = WarmStart(seed=1, steps=8, batch_size=4)


def slides(count: int = 16):
    rng = random.Random(7)
    return [draw(rng, KINDS[n % len(KINDS)]) for n in range(count)]


@pytest.fixture(scope="module")
def renderer():
    return default_renderer("slide")


@pytest.fixture(scope="module")
def tasks(renderer):
    return make_tasks(4, seed=11, renderer=renderer, workers=1, domain="slide")


@pytest.mark.parametrize("slide", slides(8), ids=lambda slide: slide.kind)
def test_prompts_say_what_slides_show_and_knobs_change_lines_in_place(slide):
    prompt, careful = write_prompt(slide), write_program(slide, good_knobs(slide))
    compile(careful, "deck", "exec")
    assert prompt.startswith("<image>") and all(word in prompt and word in careful for word in words_of(slide) if word)
    rng = random.Random(1)
    for _ in range(5):
        sloppy = write_program(slide, sloppy_knobs(slide, rng))
        assert swap_lines(sloppy, careful, set(range(1, len(careful.splitlines()) + 1))) == careful
    other = reword(slide, rng)
    assert (other.kind, other.color, other.dark) == (slide.kind, slide.color, slide.dark)


def test_every_knob_has_choices_and_a_habit_among_them():
    for knobs in KNOBS.values():
        assert all(HABITS[knob] in CHOICES[knob] for knob in knobs)
    for slide in slides():
        assert all(value in CHOICES[knob] for knob, value in good_knobs(slide).items())


@needs_office
def test_careful_slides_are_clean_and_habits_show(tasks, renderer, tmp_path):
    assert {task.item.kind for task in tasks} == set(KINDS)
    found = 0
    for task in tasks:
        response = write_response(task.item, sloppy_knobs(task.item, random.Random(0), habit=1.0))
        careful, sloppy = (
            analyse(f"```python\n{task.reference}```", task.judged, renderer),
            analyse(response, task.judged, renderer),
        )
        found += len(sloppy.defects)
        assert careful.defects == () and careful.reward.score > sloppy.reward.score
    assert found >= 5
    path = write_parquet(tasks, tmp_path / "slides.parquet", "train")
    assert read_parquet(path) == tasks and tasks[0].judged.options == {"width": 320}


@needs_office
def test_the_tiny_model_learns_from_slides_and_their_feedback(tasks, renderer, tmp_path):
    repairs = make_repairs(tasks, renderer, per_task=1, seed=5, budget=Budget(rubric_chars=500), workers=1)
    assert any(repair.evidence.defects for repair in repairs)
    warm_start(tasks, SETTINGS, renderer, tmp_path)
    losses = json.loads((tmp_path / "done.json").read_text())["losses"]
    assert len(losses) == SETTINGS.steps and sum(losses[-2:]) < 0.9 * sum(losses[:2])
