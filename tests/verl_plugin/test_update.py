"""The actor's update: verl's own where ours is switched off, the exact gradient of the paper's loss where it is on."""

from __future__ import annotations

import pytest
import torch
from plugin_rows import TEMPERATURE, distributions, with_extra
from plugin_updates import LENGTHS, assert_same_gradients, gradients, grpo, local, ours

from verl_visual_sdpo.distillation.losses import exact_divergence
from verl_visual_sdpo.verl_plugin.engine import SCORE_TOP_K
from verl_visual_sdpo.verl_plugin.loss import DISTILL_MASK, RESPONSIBILITIES


@pytest.fixture
def update(worker):
    """``update(loss, data)`` -> (weights after one optimiser step, metrics); the worker is put back as it was."""
    from verl.utils import tensordict_utils as tu

    before = [parameter.detach().clone() for parameter in worker.engine.module.parameters()]

    def run(loss, data, **extra):
        worker.set_loss_fn(loss)
        extra = {"mini_batch_size": 4, "epochs": 1, "seed": 0, "dataloader_kwargs": {"shuffle": False}, **extra}
        output = worker.train_mini_batch(
            with_extra(data, global_batch_size=4, temperature=TEMPERATURE, **{SCORE_TOP_K: True}, **extra)
        )
        after = [local(parameter).clone() for parameter in worker.engine.module.parameters()]
        with torch.no_grad():
            for parameter, value in zip(worker.engine.module.parameters(), before):
                parameter.copy_(value)
        worker.engine.optimizer.state.clear()
        return after, tu.get(output, "metrics")

    return run


def test_kl_coef_zero_is_verls_grpo_to_the_last_bit(actor, rollouts, update):
    baseline, _ = update(grpo(actor), rollouts.data)
    found, _ = update(ours(actor, alpha=1.0, beta=1.0, kl_coef=0.0), rollouts.data)
    untouched, _ = update(ours(actor, alpha=1.0, beta=1.0, kl_coef=1.0), rollouts.data)
    assert all(torch.equal(a, b) for a, b in zip(baseline, found))
    assert not all(torch.equal(a, b) for a, b in zip(baseline, untouched)), "the comparison can fail"


def test_rollouts_without_a_teacher_leave_the_update_alone(actor, rollouts, update):
    baseline, _ = update(grpo(actor), rollouts.data)
    values = rollouts.data[DISTILL_MASK]
    rollouts.data[DISTILL_MASK] = torch.nested.nested_tensor_from_jagged(
        torch.zeros_like(values.values()), values.offsets()
    )
    found, _ = update(ours(actor, alpha=3.0, kl_coef=1.0), rollouts.data)
    assert all(torch.equal(a, b) for a, b in zip(baseline, found))


@pytest.mark.parametrize(
    ("alpha", "packed"), [(1.0, False), (4.0, False), (4.0, True)], ids=["uniform", "weighted", "weighted, packed"]
)
def test_gradient_is_that_of_the_exact_weighted_kl(actor, rollouts, worker, plain_model, alpha, packed):
    settings = {"alpha": alpha, "beta": 0.0, "kl_coef": 2.0, "importance_clip": None}
    found = gradients(worker, ours(actor, **settings), rollouts.data, use_remove_padding=packed)
    plain_model.zero_grad()
    total = torch.zeros(())
    for row, teacher, guilt in list(zip(rollouts.rows, rollouts.teacher, rollouts.data[RESPONSIBILITIES].unbind()))[1:]:
        kl_T = exact_divergence(distributions(plain_model, row)[None], teacher[None])[0]
        total = total + ((1 + (alpha - 1) * guilt) * kl_T).sum()
    (2.0 * total / sum(LENGTHS)).backward()
    truth = {name: p.grad for name, p in plain_model.named_parameters() if p.grad is not None}
    assert_same_gradients(found, truth)


def test_metrics_speak_of_the_distilled_tokens(actor, rollouts, update):
    from verl.utils.metric import reduce_metrics
    from verl.utils.py_functional import rename_dict

    from verl_visual_sdpo.verl_plugin.metrics import distill_metrics

    _, metrics = update(ours(actor, alpha=3.0, kl_coef=1.0, importance_clip=None), rollouts.data)
    metrics = reduce_metrics(rename_dict(metrics, "actor/"))
    distill_metrics(metrics)
    guilt = torch.cat(list(rollouts.data[RESPONSIBILITIES].unbind())[1:])
    assert metrics["distill/mean_weight"] == pytest.approx(float((1 + 2 * guilt).mean()), rel=1e-5)
    assert metrics["distill/guilty_token_share"] == pytest.approx(1.0)
    assert metrics["distill/loss"] > 0 and metrics["distill/kl"] < metrics["distill/weighted_kl"]
    assert not any(name.startswith("actor/distill") for name in metrics)
