"""recipes/chart/README.md, "What is logged": every metric of ours stands there, once, and nothing else does."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

import pytest
import torch

from verl_visual_sdpo.distillation.losses import kl_metrics
from verl_visual_sdpo.types import Evidence
from verl_visual_sdpo.verl_plugin.benefit import SEED_METRIC, SKIPPED, benefit
from verl_visual_sdpo.verl_plugin.metrics import teacher_metrics, trace_metrics, visual_metrics
from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput

README = Path(__file__).resolve().parents[2] / "recipes" / "chart" / "README.md"
ELSEWHERE = {
    "distill/loss",
    "distill/kl_coef",
    "health/alarms",
    "timing_s/teacher",
    "timing_s/benefit",
}  # of the trainer


@pytest.fixture(scope="module")
def patterns() -> list[str]:
    section = README.read_text(encoding="utf-8").split("## What is logged\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


async def logged() -> set[str]:
    from reward_fns.chart import compute_score

    row = await compute_score(data_source="chart2code", solution_str="I cannot draw.", ground_truth="")
    drawn = {**row, "render_attempts": 1.0, "render_seconds": 0.5, "render_wait_seconds": 0.1}
    failed, clean = Evidence(determined=True, status="no_program"), Evidence(determined=True, status="ok")
    taught = TeacherInput(torch.tensor([0.5, 0.0]), {"input_ids": torch.arange(3)}, 30)
    sums = ("kl", "weighted_kl", "weight", "tokens", "guilty_tokens", "guilty_kl", "guilty_gap", "gap")
    return {
        *visual_metrics([row, drawn], [failed, clean]),
        *trace_metrics([failed, clean], [taught, taught]),
        *teacher_metrics([taught]),
        *benefit([(0.0, 1.0), (0.5, 0.5)]),
        *(SEED_METRIC, SKIPPED),
        *(f"distill/{name}" for name in kl_metrics({name: number for number, name in enumerate(sums, 1)})),
        *ELSEWHERE,
    }


async def test_the_table_is_complete_and_true(patterns):
    names = await logged()
    assert len(names) > 50
    unknown = [name for name in names if not any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)]
    assert not unknown, "logged, and not in the table"
    idle = [pattern for pattern in patterns if not fnmatch.filter(names, pattern)]
    assert not idle, "in the table, and never logged"
    assert len(patterns) == len(set(patterns))
