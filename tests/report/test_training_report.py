"""The comparison page, from folders as verl's file logger and validation dump leave them."""

import json
import re

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.report.curves import curve, load_runs
from verl_visual_sdpo.report.follow import follow
from verl_visual_sdpo.report.training_page import (
    all_curves,
    example_indices,
    rollouts_per_step,
    table_row,
    training_page,
)

REFERENCE = 'import matplotlib.pyplot as plt\nplt.bar(["a", "b"], [3, 5], color="navy")\nplt.title("Sales")\n'
OVERFLOWING = REFERENCE.replace('"Sales"', '"Sales " * 30')
COMMAND = "python -m launcher data.train_batch_size=4 actor_rollout_ref.rollout.n=2 visual_sdpo.kl_coef=0.3"


def row(prompt: str, program: str, score: float, defects: int) -> dict:
    numbers = {"score": score, "reward": score, "executed": 1.0, "defects": defects, "undetermined": 0.0}
    text = f"user\n{prompt}\nassistant\n"
    return {"input": text, "output": f"```python\n{program}```", "gts": REFERENCE, **numbers, "step": 0}


def write_run(folder, name: str, rewards: list[float]) -> None:
    """Steps 0, 2, 4, ... validated with two charts; every step trained with reward as it was validated last."""
    run = folder / "runs" / name
    (run / "validation").mkdir(parents=True)
    (run / "command.txt").write_text(COMMAND)
    lines = []
    for n, reward in enumerate(rewards):
        worse, better = row("Draw A.", OVERFLOWING, reward - 0.1, 2), row("Draw B.", REFERENCE, reward + 0.1, 0)
        (run / "validation" / f"{2 * n}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in (worse, better)))
        for step in (2 * n + 1, 2 * n + 2):
            data = {"visual/score": reward, "timing_s/step": 3.0 + step, "distill/kl": 0.01, "note": "text"}
            lines.append(json.dumps({"step": step, "data": data}))
    (run / "metrics-1.jsonl").write_text("\n".join(lines) + '\n{"step": 99, "da')  # the last line was cut short


@pytest.fixture
def folder(tmp_path):
    write_run(tmp_path, "grpo-seed0", [0.5, 0.6, 0.7])
    write_run(tmp_path, "visual_sdpo-seed0", [0.5, 0.7, 0.8])
    write_run(tmp_path, "visual_sdpo-seed1", [0.5, 0.6, 0.9])
    return tmp_path


@pytest.fixture(scope="module")
def renderer():
    from verl_visual_sdpo.inspection.render.chart import ChartRenderer

    with ChartRenderer(policy="permissive") as renderer:
        yield renderer


def test_runs_are_read_with_arm_seed_and_numbers(folder):
    runs = load_runs(folder)
    assert [(run.arm, run.seed) for run in runs] == [("grpo", 0), ("visual_sdpo", 0), ("visual_sdpo", 1)]
    assert runs[0].last_step == 6 and rollouts_per_step(runs[0]) == 8
    assert runs[0].validated("score") == {0: pytest.approx(0.5), 2: pytest.approx(0.6), 4: pytest.approx(0.7)}
    assert runs[0].validated("defects") == {0: 1.0, 2: 1.0, 4: 1.0}
    assert runs[0].median("timing_s/step") == pytest.approx(7.0)  # of steps 2 to 6
    assert runs[0].median("absent") is None


def test_a_resumed_run_goes_on_where_the_first_attempt_stopped(folder):
    run = folder / "runs" / "grpo-seed0"
    (run / "metrics-2.jsonl").write_text(json.dumps({"step": 6, "data": {"visual/score": 0.123}}) + "\n")
    again = load_runs(folder)[0]
    assert again.series("visual/score")[6] == 0.123 and again.series("visual/score")[1] == 0.5


def test_rows_that_could_not_be_judged_are_left_out(folder):
    path = folder / "runs" / "grpo-seed0" / "validation" / "0.jsonl"
    broken = {**row("Draw C.", REFERENCE, 0.0, 0), "undetermined": 1.0}
    path.write_text(path.read_text() + json.dumps(broken) + "\n")
    assert load_runs(folder)[0].validated("score")[0] == pytest.approx(0.5)


def test_curves_join_seeds_over_rollouts(folder):
    told = [{0: 0.5, 2: 0.7}, {0: 0.5, 2: 0.6, 4: 0.9}]
    joined = curve("visual_sdpo", told, 8)
    assert joined.x == (0.0, 16.0, 32.0)
    assert joined.mean == pytest.approx((0.5, 0.65, 0.9))
    assert joined.low == pytest.approx((0.5, 0.6, 0.9)) and joined.high == pytest.approx((0.5, 0.7, 0.9))
    assert joined.seeds == (2, 2, 1)
    assert [one.arm for one in all_curves(load_runs(folder))["Reward on validation tasks"]] == ["grpo", "visual_sdpo"]


def test_the_table_tells_start_early_and_end(folder):
    told = table_row(load_runs(folder)[1])
    assert told["arm"] == "Visual-SDPO"
    assert (told["start"], told["early"], told["end"]) == pytest.approx((0.5, 0.5, 0.8))  # 30 % of 6 steps: step 0
    assert told["kl"] == pytest.approx(0.01)


def test_examples_are_chosen_by_the_start(folder):
    assert example_indices(load_runs(folder), 4) == [0]


def test_the_page_stands_alone_and_shows_what_was_measured(folder, renderer):
    gate = {
        "student": {"programs": 96, "executed": 0.91, "defects": 1.42, "reward": 0.61, "reward_error": 0.02},
        "teacher": {"programs": 96, "executed": 0.95, "defects": 0.42, "reward": 0.81, "reward_error": 0.02},
        "benefit": 0.2,
    }
    page = training_page(load_runs(folder), renderer, gate=gate)
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)
    assert page.count("<svg") == 4 and page.count("data:image/png;base64,") == 4  # reference, before, two arms
    assert "Draw A." in page and "leaves the picture" in page
    assert "0.700" in page and "0.900" in page and "+0.200" in page
    assert COMMAND in page


def test_an_empty_folder_is_named(tmp_path):
    with pytest.raises(InvalidInputError, match="holds no run"):
        load_runs(tmp_path)


def test_the_command_line_writes_page_and_picture(folder):
    from verl_visual_sdpo.cli import main

    assert main(["report", str(folder), "--png", str(folder / "hero.png")]) == 0
    assert (folder / "report.html").read_text().startswith("<!doctype html>")
    assert (folder / "hero.png").read_bytes().startswith(b"\x89PNG")


def test_a_log_is_followed_in_one_line_a_step(tmp_path, capsys):
    log = [
        "(TaskRunner pid=1) loading\n",
        "(TaskRunner pid=1) step:0 - val-core/toy/reward/mean@1:np.float64(0.5) - val-aux/toy/defects/mean@1:1.25\n",
        "(TaskRunner pid=1) step:1 - visual/score:0.7123456 - actor/entropy:1e-05 - timing_s/step:12.5\n",
    ]
    follow(log, tmp_path / "log.txt", steps=30)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == 3
    assert said[1].endswith("step 0/30    | validation: reward 0.5  defects 1.25")
    assert "step 1/30  reward 0.712  entropy 1e-05  seconds 12.5" in said[2]
    assert (tmp_path / "log.txt").read_text() == "".join(log)
