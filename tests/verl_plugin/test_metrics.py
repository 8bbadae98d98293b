"""The numbers that the run logs, from rollouts whose numbers are known."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from verl_visual_sdpo.types import Evidence
from verl_visual_sdpo.verl_plugin.metrics import distill_metrics, teacher_metrics, trace_metrics, visual_metrics
from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput

CLEAN = Evidence(determined=True, status="ok")
FAULTY = replace(CLEAN, defects=3)
FAILED = replace(CLEAN, status="runtime_error")
UNJUDGED = Evidence(determined=False, status="undetermined")


def test_means_are_over_the_judged():
    infos = [{"score": s, "executed": float(s > 0), "undetermined": 0.0, "status": "-"} for s in (0.9, 0.3, 0.0)]
    infos.append({"score": 0.0, "executed": 0.0, "undetermined": 1.0, "status": "-"})
    found = visual_metrics(infos, [CLEAN, FAULTY, FAILED, UNJUDGED])
    assert found["visual/score"] == pytest.approx(0.4) and found["visual/executed"] == pytest.approx(2 / 3)
    assert found["visual/undetermined"] == pytest.approx(1 / 4)
    assert found["visual/execution_rate"] == pytest.approx(2 / 3)
    assert found["visual/status_runtime_error"] == pytest.approx(1 / 3)
    assert found["visual/defect_rate"] == pytest.approx(1 / 2), "of the programs that drew something"
    assert found["visual/defects_per_picture"] == pytest.approx(3 / 2)
    assert "visual/status" not in found


def test_what_rendering_cost_is_over_the_runs_that_were_made():
    runs = [
        {"score": 1.0, "render_seconds": s, "render_wait_seconds": s / 10, "render_attempts": 1.0} for s in range(1, 21)
    ]
    runs[4]["render_attempts"] = 3.0
    cached = {"score": 1.0, "render_seconds": 99.0, "render_wait_seconds": 0.0, "render_attempts": 0.0}
    lost = {"score": 0.5, "render_seconds": 0.0, "render_wait_seconds": 0.0, "render_attempts": 3.0}
    found = visual_metrics([*runs, cached, lost], [CLEAN] * 21 + [UNJUDGED])
    seconds = {name: found[f"visual/render_seconds/{name}"] for name in ("mean", "median", "p95", "max")}
    assert seconds == {"mean": 10.5, "median": 10.0, "p95": 19.0, "max": 20.0}
    assert found["visual/render_wait_seconds/median"] == 1.0
    assert (found["visual/render_runs"], found["visual/render_retries"]) == (25.0, 4.0)
    assert "visual/render_seconds" not in found and found["visual/score"] == 1.0


def test_a_step_in_which_nothing_was_judged_has_no_means():
    assert visual_metrics([{"score": 0.0}] * 2, [UNJUDGED] * 2) == {"visual/undetermined": 1.0}
    assert trace_metrics([UNJUDGED], [TeacherInput(torch.zeros(3), skip="undetermined")]) == {}


def test_trace_counts_guilty_tokens_and_faults_that_someone_answers_for():
    inputs = [
        TeacherInput(torch.tensor([0.0, 0.0, 0.0, 0.0])),
        TeacherInput(torch.tensor([0.5, 0.0, 1.0, 0.0])),
        TeacherInput(torch.tensor([0.0, 0.0])),
        TeacherInput(torch.tensor([0.0, 0.0]), skip="undetermined"),
    ]
    found = trace_metrics([CLEAN, FAULTY, FAILED, UNJUDGED], inputs)
    assert found["trace/guilty_tokens"] == pytest.approx(2 / 10)
    assert found["trace/responsibility"] == pytest.approx(1.5 / 10)
    assert found["trace/blamed_rate"] == pytest.approx(1 / 2), "nobody answers for the failed run"


def test_teacher_counts_each_reason_to_skip():
    row = {"input_ids": torch.arange(5)}
    inputs = [TeacherInput(torch.zeros(2), row, 30), TeacherInput(torch.zeros(2), row, 50)]
    inputs += [TeacherInput(torch.zeros(2), skip=why) for why in ("too_long", "too_long", "failed")]
    found = teacher_metrics(inputs)
    assert found["teacher/rollouts"] == pytest.approx(2 / 5)
    assert (found["teacher/skipped_too_long"], found["teacher/skipped_failed"]) == (2, 1)
    assert found["teacher/skipped_misaligned"] == 0
    assert (found["teacher/prompt_length/mean"], found["teacher/prompt_length/max"]) == (40, 50)


def test_sums_of_the_loss_become_ratios():
    sums = {"tokens": 10, "guilty_tokens": 4, "kl": 2.0, "guilty_kl": 1.5, "weighted_kl": 5.0, "weight": 20.0}
    sums |= {"gap": -3.0, "guilty_gap": -2.0}
    metrics = {f"actor/distill_sums/{name}": value for name, value in sums.items()}
    metrics |= {"actor/distill/loss": 0.5, "actor/pg_loss": 0.1}
    distill_metrics(metrics)
    assert metrics["distill/kl"] == pytest.approx(0.2) and metrics["distill/guilty_kl_share"] == pytest.approx(0.75)
    assert metrics["distill/loss"] == 0.5 and metrics["actor/pg_loss"] == 0.1
    assert not [name for name in metrics if "sums" in name]
