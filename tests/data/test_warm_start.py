"""The warm start in miniature: it learns, it is not done twice, and a poor model does not pass the gate."""

import json

import pytest

from verl_visual_sdpo.data.gate import Gate, Quality, measure
from verl_visual_sdpo.data.processor import load_processor
from verl_visual_sdpo.data.toy_dataset import make_tasks
from verl_visual_sdpo.data.toy_feedback import make_repairs
from verl_visual_sdpo.data.warm_start import WarmStart, teacher_prompt, train_further, warm_start

SETTINGS = WarmStart(seed=1, steps=12, batch_size=4, repairs_per_task=1)


@pytest.fixture(scope="module")
def tasks(renderer):
    return make_tasks(5, seed=3, renderer=renderer)


@pytest.fixture(scope="module")
def started(tasks, renderer, tmp_path_factory):
    out = tmp_path_factory.mktemp("start")
    return out, warm_start(tasks, SETTINGS, renderer, out)


def test_the_loss_falls(started):
    losses = json.loads((started[0] / "done.json").read_text())["losses"]
    assert len(losses) == SETTINGS.steps
    assert sum(losses[-3:]) < 0.8 * sum(losses[:3])


def test_a_finished_warm_start_is_kept_and_a_changed_one_is_not(started, tasks, renderer, monkeypatch):
    out, folder = started
    before = (folder / "model.safetensors").stat().st_mtime_ns
    assert warm_start(tasks, SETTINGS, renderer, out) == folder
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    warm_start(tasks, WarmStart(**{**vars(SETTINGS), "steps": 2}), renderer, out)
    assert (folder / "model.safetensors").stat().st_mtime_ns != before
    assert len(list(out.glob("feedback-*.jsonl"))) == 1  # the feedback does not depend on the steps


def test_a_model_that_is_not_fit_is_trained_further_from_where_it_is(tasks, renderer, tmp_path):
    settings = WarmStart(**{**vars(SETTINGS), "more_steps": 4})
    folder = warm_start(tasks, settings, renderer, tmp_path)
    train_further(tasks, settings, renderer, tmp_path)
    done = json.loads((tmp_path / "done.json").read_text())
    assert done["rounds"] == 1 and len(done["losses"]) == settings.steps + settings.more_steps
    assert sum(done["losses"][-3:]) < sum(done["losses"][:3])  # it did not start anew
    assert warm_start(tasks, settings, renderer, tmp_path) == folder
    assert json.loads((tmp_path / "done.json").read_text()) == done


def test_the_teacher_reads_the_task_then_picture_and_rubric(tasks, renderer):
    repair = make_repairs(tasks[:1], renderer, per_task=1, seed=2, budget=SETTINGS.budget)[0]
    content = teacher_prompt(tasks[0], repair, SETTINGS)[-1]["content"]
    assert [part["type"] for part in content].count("image") == (2 if repair.evidence.image else 1)
    text = "".join(part["text"] for part in content if part["type"] == "text")
    assert tasks[0].item.title in text and repair.evidence.rubric in text


def test_an_untrained_model_does_not_pass(started, tasks, renderer):
    from transformers import AutoModelForImageTextToText

    out, folder = started
    model = AutoModelForImageTextToText.from_pretrained(folder)
    gate = measure(model, load_processor(folder), tasks[:2], renderer, SETTINGS.distillation, samples=1, max_tokens=8)
    assert gate.student.programs == gate.teacher.programs == 2
    assert gate.student.executed == 0.0
    assert any("0.00 run, 0.85 required" in failure for failure in gate.failures)


def quality(**changes):
    return Quality(**{"programs": 96, "executed": 0.9, "defects": 1.5, "reward": 0.6, "reward_error": 0.02, **changes})


@pytest.mark.parametrize(
    ("student", "teacher", "said"),
    [
        ({}, {"reward": 0.7}, []),
        ({"executed": 0.8}, {"reward": 0.7}, ["0.80 run"]),
        ({"defects": 0.4}, {"reward": 0.7}, ["0.40 defects"]),
        ({}, {"reward": 0.62}, ["benefit +0.020"]),
    ],
)
def test_the_gate_says_what_is_missing(student, teacher, said):
    failures = Gate(quality(**student), quality(**teacher)).failures
    assert len(failures) == len(said)
    assert all(part in failure for part, failure in zip(said, failures))
