"""What every toy task promises; and pages and slides are clean when written with care, faulty by habit, and the tiny
model learns from them on CPU (of charts, ``test_toy_dataset.py`` and ``test_warm_start.py`` say so)."""

import json
import random

import pytest

from verl_visual_sdpo.data.tiny_model import build_tokenizer
from verl_visual_sdpo.data.toy_dataset import make_tasks, read_parquet, write_parquet
from verl_visual_sdpo.data.toy_feedback import make_repairs, reword_repair, swap_lines
from verl_visual_sdpo.data.toys import TOYS, sample_texts, sloppy_knobs, toy_of
from verl_visual_sdpo.data.warm_start import WarmStart, warm_start
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.domains import default_renderer
from verl_visual_sdpo.inspection.pipeline import Budget, analyse
from verl_visual_sdpo.inspection.program import extract_program
from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program

SETTINGS = WarmStart(seed=1, steps=8, batch_size=4)
every_toy = pytest.mark.parametrize("toy", TOYS.values(), ids=TOYS)


def items(toy, count: int = 40):
    rng = random.Random(7)
    return [toy.draw(rng, toy.KINDS[n % len(toy.KINDS)]) for n in range(count)]


@every_toy
def test_the_same_seed_draws_the_same(toy):
    assert items(toy) == items(toy) and len(set(items(toy))) == 40


@every_toy
def test_prompts_say_what_is_shown(toy):
    for item in items(toy):
        prompt, careful = toy.write_prompt(item), toy.write_program(item, toy.good_knobs(item))
        assert prompt.startswith("<image>") and prompt.count("<image>") == 1
        shown = [word for word in toy.words_of(item) if word and word in careful]
        assert shown and shown == [word for word in toy.words_of(item) if word and word in prompt]
        response = toy.write_response(item, toy.good_knobs(item))
        assert extract_program(response, domain_of(toy)).source == careful


@every_toy
def test_the_longest_response_fits(toy):
    tokenizer, rng = build_tokenizer(sample_texts(toy)), random.Random(1)
    texts = [toy.write_response(item, sloppy_knobs(toy, item, rng)) for item in items(toy, 200)]
    lengths = [len(tokenizer(text)["input_ids"]) + 1 for text in texts]
    assert 0.6 * toy.LONGEST < max(lengths) <= toy.LONGEST


def domain_of(toy) -> str:
    return next(domain for domain, other in TOYS.items() if other is toy)


@every_toy
def test_knobs_change_lines_in_place(toy):
    rng = random.Random(1)
    for item in items(toy):
        careful = toy.write_program(item, toy.good_knobs(item))
        everything = set(range(1, len(careful.splitlines()) + 1))
        for _ in range(5):
            sloppy = toy.write_program(item, sloppy_knobs(toy, item, rng))
            assert len(sloppy.splitlines()) == len(everything)
            assert swap_lines(sloppy, careful, everything) == careful
            assert swap_lines(sloppy, careful, set()) == sloppy
            if domain_of(toy) != "web":
                compile(sloppy, item.kind, "exec")


@every_toy
def test_every_knob_has_choices_and_a_habit_among_them(toy):
    assert set(toy.KNOBS) == set(toy.KINDS)
    assert all(toy.HABITS[knob] in toy.CHOICES[knob] for knobs in toy.KNOBS.values() for knob in knobs)
    for item in items(toy):
        assert all(value in toy.CHOICES[knob] for knob, value in toy.good_knobs(item).items())


@every_toy
def test_sloppiness_follows_its_rates(toy):
    item, rng = items(toy, 1)[0], random.Random(0)
    assert all(sloppy_knobs(toy, item, rng, habit=0.0, noise=0.0) == toy.good_knobs(item) for _ in range(20))
    assert sloppy_knobs(toy, item, rng, habit=1.0) == {knob: toy.HABITS[knob] for knob in toy.KNOBS[item.kind]}


@every_toy
def test_rewording_changes_words_alone(toy):
    rng = random.Random(3)
    for item in items(toy):
        other = toy.reword(item, rng)
        assert (other.kind, other.color, other.dark) == (item.kind, item.color, item.dark)
        assert len(toy.words_of(other)) == len(toy.words_of(item)) and toy.words_of(other) != toy.words_of(item)


@every_toy
def test_sample_texts_hold_prompts_and_programs(toy):
    texts = sample_texts(toy, seed=1, count=5)
    assert len(texts) == 10 and texts == sample_texts(toy, seed=1, count=5)
    fence = toy.FENCE.partition("\n")[0]
    assert sum("<image>" in text for text in texts) == 5 and sum(fence in text for text in texts) == 5


def test_a_domain_without_a_toy_is_refused():
    with pytest.raises(InvalidInputError, match="no toy task for domain 'poem'"):
        toy_of("poem")


# --------------------------------------------------------------------------- pages and slides, rendered

NO_OFFICE = pytest.mark.skipif(find_program() is None, reason="LibreOffice is not installed")


@pytest.fixture(scope="module", params=["web", pytest.param("slide", marks=NO_OFFICE)])
def domain(request):
    return request.param


@pytest.fixture(scope="module")
def renderer(domain):
    return default_renderer(domain)


@pytest.fixture(scope="module")
def tasks(domain, renderer):
    return make_tasks(len(TOYS[domain].KINDS), seed=11, renderer=renderer, workers=1, domain=domain)


def test_the_careful_are_clean_and_habits_show(domain, tasks, renderer, tmp_path):
    toy, found = TOYS[domain], 0
    assert {task.item.kind for task in tasks} == set(toy.KINDS)
    for task in tasks:
        assert (task.judged.domain, task.judged.options) == (domain, toy.OPTIONS)
        sloppy = sloppy_knobs(toy, task.item, random.Random(0), habit=1.0)
        careful = analyse(toy.FENCE.format(task.reference), task.judged, renderer)
        faulty = analyse(toy.write_response(task.item, sloppy), task.judged, renderer)
        assert careful.defects == () and careful.reward.score > faulty.reward.score
        found += len(faulty.defects)
    assert found >= 5
    assert read_parquet(write_parquet(tasks, tmp_path / "tasks.parquet", "train")) == tasks


def test_repairs_heed_the_feedback_and_the_tiny_model_learns(tasks, renderer, tmp_path):
    repairs = make_repairs(tasks, renderer, per_task=1, seed=5, budget=Budget(rubric_chars=500), workers=1)
    for repair in repairs:
        flawed = repair.evidence.defects > 0 or repair.evidence.status != "ok"
        assert (repair.reward_after > repair.reward_before) if flawed else (repair.reward_after >= repair.reward_before)
    assert any(repair.evidence.defects for repair in repairs)
    same = tasks[repairs[0].task]
    assert reword_repair(repairs[0], same, same) == repairs[0]
    warm_start(tasks, SETTINGS, renderer, tmp_path)
    losses = json.loads((tmp_path / "done.json").read_text())["losses"]
    assert len(losses) == SETTINGS.steps and sum(losses[-2:]) < 0.9 * sum(losses[:2])
