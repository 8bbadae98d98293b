"""The toy pages: clean when written with care, faulty by habit, and the tiny model learns from them on CPU."""

import json
import random

import pytest

from verl_visual_sdpo.data.toy_dataset import make_tasks, read_parquet, write_parquet
from verl_visual_sdpo.data.toy_feedback import make_repairs, reword_repair, swap_lines
from verl_visual_sdpo.data.toy_pages import (
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
from verl_visual_sdpo.data.toys import TOYS, toy_of
from verl_visual_sdpo.data.warm_start import WarmStart, warm_start
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.domains import default_renderer
from verl_visual_sdpo.inspection.pipeline import Budget, analyse

SETTINGS = WarmStart(seed=1, steps=8, batch_size=4)


def pages(count: int = 20):
    rng = random.Random(7)
    return [draw(rng, KINDS[n % len(KINDS)]) for n in range(count)]


@pytest.fixture(scope="module")
def renderer():
    return default_renderer("web")


@pytest.fixture(scope="module")
def tasks(renderer):
    return make_tasks(5, seed=11, renderer=renderer, workers=1, domain="web")


def test_every_toy_has_the_same_names():
    needed = "DATA_SOURCE NOUN OPTIONS KINDS FENCE TYPOS draw reword words_of from_plain write_prompt write_program"
    needed += " write_response good_knobs sloppy_knobs sample_texts"
    for toy in TOYS.values():
        assert all(hasattr(toy, name) for name in needed.split())
    with pytest.raises(InvalidInputError, match="no toy task for domain 'poem'"):
        toy_of("poem")


@pytest.mark.parametrize("page", pages(10), ids=lambda page: page.kind)
def test_prompts_say_what_pages_show_and_knobs_change_lines_in_place(page):
    prompt, careful = write_prompt(page), write_program(page, good_knobs(page))
    assert prompt.startswith("<image>") and prompt.count("<image>") == 1
    assert all(word in prompt and word in careful for word in words_of(page) if word)
    rng = random.Random(1)
    for _ in range(5):
        sloppy = write_program(page, sloppy_knobs(page, rng))
        everything = set(range(1, len(careful.splitlines()) + 1))
        assert swap_lines(sloppy, careful, everything) == careful
    other = reword(page, rng)
    assert (other.kind, other.color, other.dark) == (page.kind, page.color, page.dark)


def test_every_knob_has_choices_and_a_habit_among_them():
    for knobs in KNOBS.values():
        assert all(HABITS[knob] in CHOICES[knob] for knob in knobs)
    for page in pages():
        assert all(value in CHOICES[knob] for knob, value in good_knobs(page).items())


def test_careful_pages_are_clean_and_habits_show(tasks, renderer, tmp_path):
    assert {task.item.kind for task in tasks} == set(KINDS)
    found = 0
    for task in tasks:
        response = write_response(task.item, sloppy_knobs(task.item, random.Random(0), habit=1.0))
        found += len(analyse(response, task.judged, renderer).defects)
    assert found >= 5
    path = write_parquet(tasks, tmp_path / "pages.parquet", "train")
    assert read_parquet(path) == tasks
    assert tasks[0].judged.domain == "web" and tasks[0].judged.options["viewport_width"] == 320


def test_repairs_heed_the_feedback_and_the_tiny_model_learns(tasks, renderer, tmp_path):
    repairs = make_repairs(tasks, renderer, per_task=1, seed=5, budget=Budget(rubric_chars=500), workers=1)
    for repair in repairs:
        flawed = repair.evidence.defects > 0 or repair.evidence.status != "ok"
        assert (repair.reward_after > repair.reward_before) if flawed else (repair.reward_after >= repair.reward_before)
    assert any(repair.evidence.defects for repair in repairs)
    other = tasks[repairs[0].task]
    assert reword_repair(repairs[0], other, other) == repairs[0]
    warm_start(tasks, SETTINGS, renderer, tmp_path)
    losses = json.loads((tmp_path / "done.json").read_text())["losses"]
    assert len(losses) == SETTINGS.steps and sum(losses[-2:]) < 0.9 * sum(losses[:2])
