"""Two ranks, sharded or sequence-parallel, give the loss and the gradient of one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from plugin_rows import TEMPERATURE, with_extra
from plugin_updates import assert_same_gradients, loss_and_gradients, ours
from ports import free_port
from test_full_update import asked

from verl_visual_sdpo.verl_plugin.engine import RETURN_TOP_K, SCORE_TOP_K, TOP_K_IDS

HERE = Path(__file__).parent
ESTIMATORS = {"topk": {SCORE_TOP_K: True}, "sampled": {SCORE_TOP_K: False}, "full": asked()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ranks")


@pytest.fixture
def found(folder, model_path, rollouts):
    """What both ranks computed together; one pair of processes for all tests here."""
    out = folder / "found.pt"
    if not out.exists():
        torch.save(rollouts.rows, folder / "rollouts.pt")
        shared = {**os.environ, "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
        shared |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(HERE), "VERL_PLATFORM": "cpu"}
        command = [sys.executable, str(HERE / "two_ranks.py"), str(model_path), str(folder / "rollouts.pt"), str(out)]
        logs = [open(folder / f"rank{rank}.log", "w+") for rank in range(2)]  # noqa: SIM115 - closed below
        ranks = [
            subprocess.Popen(command, env=shared | {"RANK": str(r), "LOCAL_RANK": "0"}, stdout=log, stderr=log)
            for r, log in enumerate(logs)
        ]
        try:
            codes = [process.wait(timeout=900) for process in ranks]
        finally:
            for process in ranks:
                process.kill()
            words = [log.seek(0) or log.read()[-4000:] for log in logs]
            for log in logs:
                log.close()
        assert codes == [0, 0], "\n\n".join(words)
    return torch.load(out, weights_only=False)


@pytest.mark.parametrize(
    ("mode", "estimator"), [("fsdp2", "topk"), ("fsdp2", "full"), ("ulysses", "topk"), ("ulysses", "sampled")]
)
def test_two_ranks(found, worker, actor, rollouts, mode, estimator):
    asks = ESTIMATORS[estimator] | {"micro_batch_size_per_gpu": 4}
    _, truth = loss_and_gradients(worker, ours(actor, alpha=4.0, estimator=estimator), rollouts.data, **asks)
    assert_same_gradients(found[mode, estimator][1], truth)


@torch.no_grad()
def test_the_likeliest_entries_are_gathered_over_a_sequence_parallel_group(found, worker, rollouts):
    ask = {"calculate_entropy": False, "compute_loss": False, "temperature": TEMPERATURE, RETURN_TOP_K: 5}
    truth = worker.infer_batch(with_extra(rollouts.data, **ask))[TOP_K_IDS].values()
    assert (found["ulysses", "top k ids"] == truth).float().mean() > 0.99, "up to ties"
