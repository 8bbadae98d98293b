"""The measurement of a step runs where there is no GPU: all phases of both arms' code, at toy size."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from whole_runs import run_whole

SCRIPT = Path(__file__).with_name("engine_step.py")


@pytest.mark.slow
def test_a_step_of_visual_sdpo_is_measured_by_its_phases(tmp_path):
    done = run_whole(
        [sys.executable, str(SCRIPT), "--size", "tiny", "--arms", "visual_sdpo", "--json", "found.json"],
        env={"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        cwd=tmp_path,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads((tmp_path / "found.json").read_text())["visual_sdpo"]
    phases = [found[name] for name in ("old log-probs", "teacher", "update")]
    assert min(phases) > 0 and found["seconds"] >= max(phases) and found["peak_gb"] > 0.1
    assert found["device"] == "CPU" and 1e6 < found["parameters"] < 1e7
    assert "not compared, needs CUDA and flash-attn" in done.stdout
