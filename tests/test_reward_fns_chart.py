"""The chart reward as verl calls it: constant keys, numbers as numbers, and nothing the model writes raises."""

import asyncio
import importlib.util
import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import reward_fns.chart as chart
from reward_fns.chart import compute_score
from verl_visual_sdpo.errors import InvalidInputError, SandboxError, SandboxUnavailableError
from verl_visual_sdpo.inspection import pipeline
from verl_visual_sdpo.inspection.neutral import NeutralScore
from verl_visual_sdpo.types import Evidence

FILE = Path(chart.__file__)
GOOD = """\
import matplotlib.pyplot as plt
plt.figure(figsize=(4, 3), layout='constrained')
plt.plot([1, 2, 3], [1, 4, 9])
plt.title('Growth')
plt.xlabel('n')
"""
BAD = GOOD + "plt.text(2, 4, 'here it is')\nplt.text(2, 4, 'and here too')\n"
TEXT_KEYS = {"status", "evidence"}


def fenced(source):
    return f"```python\n{source}```"


RESPONSES = {
    "ok": fenced(GOOD),
    "no_program": "no code",
    "syntax_error": fenced("plt.(\n"),
    "runtime_error": fenced("1/0\n"),
    "no_output": fenced("x = 1\n"),
    "ok with defects": fenced(BAD),
}


async def test_every_outcome_has_the_same_keys_and_types():
    rows = {name: await compute_score("toy", text, GOOD, {}) for name, text in RESPONSES.items()}
    assert len({tuple(row) for row in rows.values()}) == 1
    for name, row in rows.items():
        assert row["status"] == name.split()[0]
        assert all(type(value) is (str if key in TEXT_KEYS else float) for key, value in row.items())
        assert row["undetermined"] == 0.0
    assert rows["ok"]["score"] == pytest.approx(1.0)
    assert rows["ok"]["score"] > rows["ok with defects"]["score"] > 0.0
    assert rows["ok with defects"]["defect_text_overlap"] >= 1.0
    assert {rows[name]["score"] for name in ("no_program", "syntax_error", "runtime_error", "no_output")} == {0.0}


async def test_evidence_is_what_the_learning_side_reads():
    evidence = Evidence.from_json(
        (await compute_score("toy", fenced(BAD), GOOD, picture_max_pixels=10_000))["evidence"]
    )
    assert evidence.determined and evidence.image.startswith(b"\x89PNG") and json.loads(evidence.rubric)["defects"]
    assert fenced(BAD)[evidence.code.start : evidence.code.end] == BAD
    assert max(resp for _, _, resp in evidence.responsibilities) > 0


async def test_the_oracle_marks_what_differs_from_the_reference():
    row = await compute_score("toy", fenced(BAD), GOOD, oracle=True)
    marked = [fenced(BAD)[start:end] for start, end, value in Evidence.from_json(row["evidence"]).oracle if value]
    assert marked == ["plt.text(2, 4, 'here it is')", "plt.text(2, 4, 'and here too')"]
    assert Evidence.from_json((await compute_score("toy", fenced(BAD), GOOD))["evidence"]).oracle is None


async def test_an_unusable_reference_is_undetermined_and_not_a_zero():
    row = await compute_score("toy", fenced(GOOD), "this is not python(")
    ok = await compute_score("toy", fenced(GOOD), GOOD)
    assert tuple(row) == tuple(ok)
    assert (row["undetermined"], row["status"], row["render_attempts"]) == (1.0, "undetermined", 0.0)
    evidence = Evidence.from_json(row["evidence"])
    assert not evidence.determined and "reference" in evidence.words


def failing(error):
    async def analyse_async(*_):
        raise error

    return analyse_async


async def test_failures_of_our_machinery_are_undetermined_and_a_missing_sandbox_layer_stops_the_run(monkeypatch):
    for error in (SandboxError("worker died"), ZeroDivisionError("a bug of ours")):
        monkeypatch.setattr(pipeline, "analyse_async", failing(error))
        row = await compute_score("toy", fenced(GOOD), GOOD)
        assert row["undetermined"] == 1.0
        assert str(error) in Evidence.from_json(row["evidence"]).words
        with pytest.raises(type(error)):
            await compute_score("toy", fenced(GOOD), GOOD, on_failure="raise")
    monkeypatch.setattr(pipeline, "analyse_async", failing(SandboxUnavailableError("seccomp does not hold")))
    with pytest.raises(SandboxUnavailableError):
        await compute_score("toy", fenced(GOOD), GOOD)


async def test_a_rollout_that_nobody_could_judge_gets_what_its_group_gets(monkeypatch):
    monkeypatch.setattr(chart._scorer, "_neutral", NeutralScore())
    judged = [(await compute_score("toy", RESPONSES[name], GOOD))["score"] for name in ("ok", "no_program")]
    await compute_score("toy", RESPONSES["ok"], "")
    monkeypatch.setattr(pipeline, "analyse_async", failing(SandboxError("worker died")))
    assert (await compute_score("toy", RESPONSES["ok"], GOOD))["score"] == pytest.approx(sum(judged) / 2)
    assert (await compute_score("toy", RESPONSES["ok"], "x = 1"))["score"] == pytest.approx((sum(judged) + 1) / 3)


async def test_a_worker_that_is_killed_again_and_again_makes_a_rollout_undetermined(monkeypatch):
    """Through the real renderer: whatever it starts is killed as soon as it is there."""
    upkeep = {"retries": 1, "pause": 0.01}
    started = []

    def killed(*arguments, **options):
        started.append(popen(*arguments, **options))
        started[-1].kill()
        return started[-1]

    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", killed)
    row = await compute_score("toy", fenced(GOOD + "x = 1\n"), "", upkeep=upkeep)
    monkeypatch.undo()
    assert (row["undetermined"], row["render_attempts"], len(started)) == (1.0, 2.0, 2)
    assert "died" in Evidence.from_json(row["evidence"]).words
    row = await compute_score("toy", fenced(GOOD + "x = 1\n"), "", upkeep=upkeep)
    assert (row["undetermined"], row["status"], row["render_attempts"]) == (0.0, "ok", 1.0)


async def test_what_a_rollout_cost_travels_with_it():
    text = fenced(GOOD + "plt.ylabel('cost')\n")
    first, second = await compute_score("toy", text, ""), await compute_score("toy", text, "")
    assert (first["render_attempts"], first["render_cached"]) == (1.0, 0.0)
    assert (second["render_attempts"], second["render_cached"]) == (0.0, 1.0)
    assert first["render_seconds"] == second["render_seconds"] > 0 and first["render_wait_seconds"] >= 0


async def test_without_a_reference_there_is_still_a_content_gate():
    row = await compute_score("toy", fenced(GOOD), "")
    bare = await compute_score("toy", fenced("import matplotlib.pyplot as plt\nplt.figure()\n"), "")
    assert row["score"] == pytest.approx(1.0) and row["fidelity_text"] == 1.0
    assert bare["score"] == bare["gate"] == 0.0


@pytest.mark.parametrize(
    ("kwargs", "named"),
    [
        ({"wokers": 2}, "wokers"),
        ({"picture_max_pixels": 0}, "picture_max_pixels=0"),
        ({"rubric_chars": 0}, "rubric_chars=0"),
        ({"data_weight": 1.5}, "data_weight=1.5"),
        ({"on_failure": "zero"}, "on_failure='zero'.*neutral, raise"),
        ({"upkeep": {"job": 3}}, "upkeep has no job; did you mean .jobs"),
        ({"upkeep": {"jobs": 0}}, "jobs must be at least 1"),
    ],
)
async def test_wrong_reward_kwargs_are_named(kwargs, named):
    with pytest.raises(InvalidInputError, match=named):
        await compute_score("toy", fenced(GOOD), GOOD, **kwargs)


async def test_verl_hands_over_its_own_keywords_and_row_options_filled_with_none():
    row = await compute_score(
        data_source="toy",
        solution_str=fenced(GOOD),
        ground_truth=GOOD,
        extra_info={"index": 3, "options": {"dpi": None}, "num_turns": 1},
        reward_router_address="none",
        reward_model_tokenizer=None,
    )
    assert row["status"] == "ok"


async def test_responses_of_one_group_are_scored_side_by_side():
    rows = await asyncio.gather(*(compute_score("toy", text, GOOD) for text in RESPONSES.values()))
    assert [row["status"] for row in rows] == [name.split()[0] for name in RESPONSES]


def test_verl_can_load_it_by_path_from_anywhere(tmp_path):
    assert inspect.iscoroutinefunction(compute_score)
    spec = importlib.util.spec_from_file_location("custom_module", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert inspect.iscoroutinefunction(module.compute_score)
    probe = "import reward_fns.chart, sys; assert not {'torch', 'verl', 'ray'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", probe], cwd=tmp_path, check=True)
