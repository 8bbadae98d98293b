"""Estimator ``full`` through the engine: the teacher that runs beside the update is the one of the exact loss."""

from __future__ import annotations

import pytest
import torch
from plugin_rows import distributions, with_extra
from plugin_updates import LENGTHS, TEMPERATURE, assert_same_gradients, loss_and_gradients, ours

from verl_visual_sdpo.distillation.losses import exact_divergence
from verl_visual_sdpo.verl_plugin.engine import SCORE_FULL, SCORE_TOP_K
from verl_visual_sdpo.verl_plugin.loss import DISTILL_MASK, RESPONSIBILITIES
from verl_visual_sdpo.verl_plugin.teacher_weights import TeacherWeights

SETTINGS = {"estimator": "full", "alpha": 4.0, "beta": 0.0, "importance_clip": None}
LAYOUTS = [
    {},
    {"use_remove_padding": True},
    {"use_dynamic_bsz": True, "max_token_len_per_gpu": 520},  # two rows of the student, or of the teacher
    {"use_remove_padding": True, "use_dynamic_bsz": True, "max_token_len_per_gpu": 520},
    {"micro_batch_size_per_gpu": 1},
]


def asked(divergence: str = "reverse_kl", entry_clip: float | None = None, teacher: str = "current") -> dict:
    wanted = {"divergence": divergence, "entry_clip": entry_clip, "teacher": teacher, "teacher_rate": 0.3}
    return {SCORE_TOP_K: False, SCORE_FULL: wanted}


def exact_loss(rollouts, plain_model, divergence: str, temperature: float = TEMPERATURE) -> torch.Tensor:
    """From two plain forwards a row: student behind its prompt, teacher behind its own."""
    total = torch.zeros(())
    rows = zip(rollouts.rows, rollouts.teacher_rows, rollouts.data[RESPONSIBILITIES].unbind())
    for row, teacher_row, guilt in list(rows)[1:]:
        with torch.no_grad():
            teacher = distributions(plain_model, teacher_row, temperature)
        kl_T = exact_divergence(distributions(plain_model, row, temperature), teacher, divergence)
        total = total + ((1 + 3.0 * guilt) * kl_T).sum()
    return total / sum(LENGTHS)


@pytest.mark.parametrize("divergence", ["reverse_kl", "jensen_shannon"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=["padded", "packed", "dynamic", "packed, dynamic", "one by one"])
def test_loss_and_gradient_are_the_exact_ones(actor, rollouts, worker, plain_model, layout, divergence):
    loss = ours(actor, divergence=divergence, **SETTINGS)
    found, gradients = loss_and_gradients(worker, loss, rollouts.data, **asked(divergence), **layout)
    plain_model.zero_grad()
    truth = exact_loss(rollouts, plain_model, divergence)
    truth.backward()
    assert found == pytest.approx(truth.item(), rel=1e-4)
    assert_same_gradients(gradients, {n: p.grad for n, p in plain_model.named_parameters() if p.grad is not None})


def test_teachers_that_are_kept_score_with_their_own_weights(actor, rollouts, worker, plain_model):
    """After the student has moved: frozen is the plain model still; a trust region lies between the two."""
    teacher = TeacherWeights(worker.engine.module, rate=0.0)
    before = [parameter.detach().clone() for parameter in worker.engine.module.parameters()]
    try:
        with torch.no_grad():
            for parameter in worker.engine.module.parameters():
                parameter.mul_(1.05)
        worker.engine.teacher_forward.kept = teacher
        loss = ours(actor, **SETTINGS)
        of = {
            name: loss_and_gradients(worker, loss, rollouts.data, **asked(teacher=name))[0]
            for name in ("current", "frozen", "trust_region")
        }
        moved = [parameter.detach().clone() for parameter in worker.engine.module.parameters()]
    finally:
        worker.engine.teacher_forward.kept = None
        with torch.no_grad():
            for parameter, value in zip(worker.engine.module.parameters(), before):
                parameter.copy_(value)
    for name, value in mixed_losses(rollouts, plain_model).items():
        assert of[name] == pytest.approx(value, rel=1e-3), name
    assert all(torch.equal(a, b * 1.05) for a, b in zip(moved, before)), "the student is where it was"


@torch.no_grad()
def mixed_losses(rollouts, plain_model) -> dict[str, float]:
    """The three losses at a student of 1.05 times the weights."""
    rows = list(zip(rollouts.rows, rollouts.teacher_rows, rollouts.data[RESPONSIBILITIES].unbind()))[1:]
    then = [distributions(plain_model, teacher_row) for _, teacher_row, _ in rows]
    try:
        for parameter in plain_model.parameters():
            parameter.mul_(1.05)
        now = [distributions(plain_model, teacher_row) for _, teacher_row, _ in rows]
        student = [distributions(plain_model, row) for row, _, _ in rows]
    finally:
        for parameter in plain_model.parameters():
            parameter.div_(1.05)
    mixed = [(0.3 * a + 0.7 * b).log_softmax(-1) for a, b in zip(now, then)]
    losses = {}
    for name, teachers in (("current", now), ("frozen", then), ("trust_region", mixed)):
        terms = [(1 + 3.0 * guilt) * exact_divergence(p, q) for p, q, (_, _, guilt) in zip(student, teachers, rows)]
        losses[name] = float(torch.cat(terms).sum() / sum(LENGTHS))
    return losses


def test_a_micro_batch_without_any_teacher_is_carried_along(actor, rollouts, worker):
    """Micro-batches of one: the first row has none, and the forward of a placeholder stands for it."""
    mask = rollouts.data[DISTILL_MASK]
    assert not mask[0].any()
    loss = ours(actor, estimator="full", alpha=1.0, importance_clip=None)
    extra = asked() | {"micro_batch_size_per_gpu": 1}
    _, with_term = loss_and_gradients(worker, loss, rollouts.data, **extra)
    none = torch.nested.nested_tensor_from_jagged(torch.zeros_like(mask.values()), mask.offsets())
    data = with_extra(rollouts.data)
    data[DISTILL_MASK] = none
    _, without = loss_and_gradients(worker, loss, data, **extra)
    _, grpo = loss_and_gradients(worker, ours(actor, kl_coef=0.0), rollouts.data, **extra | {SCORE_FULL: None})
    assert all(torch.equal(without[name], grpo[name]) for name in grpo)
    assert not all(torch.equal(with_term[name], grpo[name]) for name in grpo)
