"""Verified charts, verl's rows, feedback that is real and repairs that help."""

import random
from dataclasses import replace

import pytest

from verl_visual_sdpo.data import toy_charts
from verl_visual_sdpo.data.toy_charts import good_knobs, reword, words_of, write_program
from verl_visual_sdpo.data.toy_dataset import make_tasks, read_parquet, write_parquet
from verl_visual_sdpo.data.toy_feedback import load_repairs, make_repairs, reword_repair, save_repairs
from verl_visual_sdpo.data.toys import sloppy_knobs
from verl_visual_sdpo.inspection.pipeline import Budget, analyse


@pytest.fixture(scope="module")
def tasks(renderer):
    return make_tasks(5, seed=11, renderer=renderer)


def test_references_run_without_defects_and_are_alike_themselves(tasks, renderer):
    assert len({task.item.kind for task in tasks}) == 5
    for task in tasks:
        analysis = analyse(f"```python\n{task.reference}```", task.judged, renderer)
        assert analysis.execution.ok and not analysis.defects
        assert analysis.reward.score == pytest.approx(1.0)


def test_the_same_seed_makes_the_same_tasks(tasks, renderer):
    assert [task.reference for task in make_tasks(5, 11, renderer)] == [task.reference for task in tasks]


def test_rows_are_verl_rows_and_read_back(tasks, tmp_path):
    import pyarrow.parquet

    path = write_parquet(tasks, tmp_path / "new" / "train.parquet", "train")
    assert read_parquet(path) == tasks
    for index, row in enumerate(pyarrow.parquet.read_table(path).to_pylist()):
        assert set(row) == {"data_source", "prompt", "images", "ability", "reward_model", "extra_info"}
        assert row["prompt"][0]["content"].count("<image>") == len(row["images"]) == 1
        assert row["images"][0]["bytes"].startswith(b"\x89PNG")
        assert row["reward_model"]["ground_truth"] == tasks[index].reference
        assert row["extra_info"]["index"] == index and row["extra_info"]["split"] == "train"


def test_habits_are_defects_that_careful_knobs_do_not_have(tasks, renderer):
    found = 0
    for task in tasks:
        knobs = sloppy_knobs(toy_charts, task.item, random.Random(0), habit=1.0)
        assert knobs != good_knobs(task.item)
        found += len(analyse(f"```python\n{write_program(task.item, knobs)}```", task.judged, renderer).defects)
    assert found > len(tasks)


def test_repairs_answer_the_feedback_and_raise_the_reward(tasks, renderer, tmp_path):
    repairs = make_repairs(tasks, renderer, per_task=3, seed=5, budget=Budget(rubric_chars=500))
    assert len(repairs) == 15
    for repair in repairs:
        assert repair.evidence.determined and repair.evidence.rubric
        flawed = repair.evidence.defects > 0 or repair.evidence.status != "ok"
        assert (repair.reward_after > repair.reward_before) if flawed else (repair.reward_after >= repair.reward_before)
    assert any(repair.evidence.defects for repair in repairs)
    for repair in repairs:
        check_rewording(repair, tasks[repair.task])
    save_repairs(repairs, tmp_path / "feedback.jsonl")
    assert load_repairs(tmp_path / "feedback.jsonl") == repairs


def check_rewording(repair, task):
    """Other words in feedback and answer, everything else as it was, and back again."""
    other = replace(task, item=reword(task.item, random.Random(1)))
    there = reword_repair(repair, task, other)
    assert there.evidence.image == repair.evidence.image
    assert len(there.response.splitlines()) == len(repair.response.splitlines())
    for old, new in zip(words_of(task.item), words_of(other.item)):
        assert not old or (old in repair.response) == (new in there.response)
    assert reword_repair(there, other, task).response == repair.response
