"""Teachers that are not the current student: their own weights in the pass, the actor's untouched by it."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from plugin_rows import TEMPERATURE, distributions, with_extra

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.verl_plugin.teacher_weights import TeacherWeights
from verl_visual_sdpo.verl_plugin.worker import KEPT_TEACHER

LENGTHS, TEXTS = [9, 5, 7, 12], ["Draw a bar chart.", "Plot.", "Draw a line and then a bar.", "Draw a pie."]
LOG_PROBS = {"calculate_entropy": False, "compute_loss": False, "temperature": TEMPERATURE}


@pytest.fixture
def scores(worker, batch):
    from verl.workers.utils.padding import response_from_nested

    rollouts = batch(LENGTHS, TEXTS)

    @torch.no_grad()
    def run(kept: bool) -> torch.Tensor:
        output = worker.infer_batch(with_extra(rollouts.data, **LOG_PROBS, **({KEPT_TEACHER: True} if kept else {})))
        return response_from_nested(output["log_probs"], rollouts.data["response_mask"]).values()

    run.rollouts = rollouts
    return run


@pytest.fixture
def step(worker, scores):
    """One real optimiser step of verl's own loss; the worker is put back as it was after the test."""
    from verl.workers.config import FSDPActorConfig
    from verl.workers.utils.losses import ppo_loss

    actor = FSDPActorConfig(
        strategy="fsdp2", rollout_n=1, ppo_mini_batch_size=4, ppo_micro_batch_size_per_gpu=2, use_torch_compile=False
    )
    before = [parameter.detach().clone() for parameter in worker.engine.module.parameters()]
    data = scores.rollouts.data
    for name, value in (("old_log_probs", -7.0), ("advantages", 1.0)):
        rows = [torch.full((length,), value) for length in LENGTHS]
        data[name] = torch.nested.as_nested_tensor(rows, layout=torch.jagged)

    def run() -> None:
        worker.set_loss_fn(partial(ppo_loss, config=actor))
        extra = {"mini_batch_size": 4, "epochs": 1, "seed": 0, "dataloader_kwargs": {"shuffle": False}}
        worker.train_mini_batch(with_extra(data, global_batch_size=4, temperature=TEMPERATURE, **extra))

    yield run
    worker.teacher = None
    with torch.no_grad():
        for parameter, value in zip(worker.engine.module.parameters(), before):
            parameter.copy_(value)
    worker.engine.optimizer.state.clear()


def parameters(worker) -> list[torch.Tensor]:
    return [p.detach().full_tensor().clone() for p in worker.engine.module.parameters() if p.requires_grad]


def test_a_frozen_teacher_keeps_scoring_as_the_model_the_run_started_from(worker, scores, step, plain_model):
    worker.teacher = TeacherWeights(worker.engine.module, rate=0.0)
    truth = torch.cat(
        [distributions(plain_model, row).gather(-1, row["responses"][:, None])[:, 0] for row in scores.rollouts.rows]
    )
    step()
    moved, weights = scores(kept=False), parameters(worker)
    torch.testing.assert_close(scores(kept=True), truth, atol=5e-6, rtol=0)
    assert float((moved - truth).abs().max()) > 1e-3, "the student has moved"
    assert torch.equal(scores(kept=False), moved), "and is still where it was"
    assert all(torch.equal(a, b) for a, b in zip(weights, parameters(worker)))


def test_an_ema_teacher_follows_and_survives_a_checkpoint(worker, scores, step, tmp_path):
    worker.teacher = teacher = TeacherWeights(worker.engine.module, rate=0.25)
    start = parameters(worker)
    step()
    first = parameters(worker)
    step()
    second = parameters(worker)
    with teacher.swapped_in():
        found = parameters(worker)
    assert all(torch.equal(a, b) for a, b in zip(second, parameters(worker)))
    for a, b, c, average in zip(start, first, second, found):
        torch.testing.assert_close(average, 0.75 * (0.75 * a + 0.25 * b) + 0.25 * c, atol=1e-7, rtol=1e-5)
    before = scores(kept=True)
    teacher.save(tmp_path / "teacher.pt")
    step()
    assert not torch.equal(scores(kept=True), before)
    resumed = worker.teacher = TeacherWeights(worker.engine.module, rate=0.25)
    resumed.load(tmp_path / "teacher.pt")
    assert torch.equal(scores(kept=True), before)
    torch.save([torch.zeros(1)], tmp_path / "other.pt")
    with pytest.raises(InvalidInputError, match="another model or world size"):
        resumed.load(tmp_path / "other.pt")
