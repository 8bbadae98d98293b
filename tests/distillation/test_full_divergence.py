"""The estimator over the whole vocabulary: the textbook sum, in pieces, in any precision."""

from __future__ import annotations

import math

import pytest
import torch

from verl_visual_sdpo.config import DIVERGENCES, DistillationConfig
from verl_visual_sdpo.distillation.losses import (
    distillation_loss,
    exact_divergence,
    full_divergence,
    log_probs_at,
    topk_divergence,
)
from verl_visual_sdpo.errors import InvalidInputError

N, V = 7, 11


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(3)


def logits(*shape: int, scale: float = 3.0) -> torch.Tensor:
    return scale * torch.randn(*shape, dtype=torch.float64)


def textbook(student: torch.Tensor, teacher: torch.Tensor, divergence: str) -> float:
    """Plain Python over two rows of logits."""
    p, q = ([math.exp(x) / sum(map(math.exp, row.tolist())) for x in row.tolist()] for row in (student, teacher))

    def kl(a, b):
        return sum(x * math.log(x / y) for x, y in zip(a, b))

    if divergence == "jensen_shannon":
        middle = [(x + y) / 2 for x, y in zip(p, q)]
        return (kl(p, middle) + kl(q, middle)) / 2
    return kl(p, q) if divergence == "reverse_kl" else kl(q, p)


@pytest.mark.parametrize("rows", [1, 3, 256])
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_pieces_add_up_to_the_textbook_sum_at_the_temperature(divergence, rows):
    student, teacher, temperature = logits(N, V), logits(N, V), torch.rand(N, dtype=torch.float64) + 0.5
    found_N = full_divergence(student, teacher, divergence, temperature_N=temperature, rows=rows)
    for n in range(N):
        want = textbook(student[n] / temperature[n], teacher[n] / temperature[n], divergence)
        assert found_N[n].item() == pytest.approx(want, rel=1e-11)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_it_is_topk_at_k_equal_to_v_in_value_and_gradient(divergence):
    student, teacher = logits(N, V).requires_grad_(), logits(N, V)
    full_N = full_divergence(student, teacher, divergence, rows=2)
    topk_N = topk_divergence(student.log_softmax(-1), teacher.log_softmax(-1), divergence)
    torch.testing.assert_close(full_N, topk_N, rtol=1e-9, atol=1e-12)
    gradients = [torch.autograd.grad(x.sum(), student, retain_graph=True)[0] for x in (full_N, topk_N)]
    torch.testing.assert_close(*gradients, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("clip", [None, 0.05])
@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_gradients_by_finite_differences(divergence, clip):
    student, teacher = logits(N, V).requires_grad_(), logits(N, V)
    assert torch.autograd.gradcheck(lambda x: full_divergence(x, teacher, divergence, clip, rows=3), student)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_zero_probabilities_stay_finite(divergence):
    student = torch.tensor([[2.0, 1.0, -math.inf, 0.0], [-math.inf, 0.0, 0.0, 0.0]], requires_grad=True)
    teacher = torch.tensor([[1.0, -math.inf, -math.inf, 0.0], [5.0, -math.inf, 0.0, 0.0]])
    found_N = full_divergence(student, teacher, divergence, rows=1)
    (gradient,) = torch.autograd.grad(found_N.sum(), student)
    assert torch.isfinite(found_N).all() and (found_N > 0.05).all()
    assert torch.isfinite(gradient).all() and gradient[0, 2] == 0 and gradient[1, 0] == 0


def test_bfloat16_logits_are_compared_in_float32():
    """At 20,000 entries a bfloat16 softmax would lose whole percents; widened it is exact for the logits given."""
    student, teacher = (logits(4, 20_000).bfloat16() for _ in range(2))
    leaf = student.clone().requires_grad_()
    found_N = full_divergence(leaf, teacher, rows=2)
    want_N = exact_divergence(student.double(), teacher.double())
    assert found_N.dtype == torch.float32
    torch.testing.assert_close(found_N.double(), want_N, rtol=2e-6, atol=1e-6)
    (gradient,) = torch.autograd.grad(found_N.sum(), leaf)
    exact = student.double().requires_grad_()
    (want,) = torch.autograd.grad(exact_divergence(exact, teacher.double()).sum(), exact)
    torch.testing.assert_close(gradient.double(), want, rtol=8e-3, atol=1e-9)


def test_log_probs_at_ids_are_those_of_the_softmax():
    values, ids = logits(N, V).requires_grad_(), torch.randint(V, (N, 2))
    temperature = torch.full((N,), 0.7, dtype=torch.float64)
    found = log_probs_at(values, temperature, ids, rows=2)
    torch.testing.assert_close(found, (values / 0.7).log_softmax(-1).gather(-1, ids))
    assert torch.autograd.gradcheck(lambda x: log_probs_at(x, temperature, ids, rows=2), values)


def test_the_whole_term_takes_it_and_says_when_it_is_missing():
    config = DistillationConfig(estimator="full", alpha=3.0, importance_clip=None)
    row = {name: torch.rand(1, 4) for name in ("student_BT", "teacher_BT", "old_BT")}
    row |= {"responsibilities_BT": torch.tensor([[0.0, 0.5, 1.0, 1.0]]), "mask_BT": torch.tensor([[1, 1, 1, 0]])}
    divergence_BT = torch.tensor([[0.1, 0.2, 0.3, math.nan]], requires_grad=True)
    loss_BT, _ = distillation_loss(config, divergence_BT=divergence_BT, **row)
    torch.testing.assert_close(loss_BT.detach(), torch.tensor([[0.1, 0.4, 0.9, 0.0]]))
    (gradient,) = torch.autograd.grad(loss_BT.sum(), divergence_BT)
    torch.testing.assert_close(gradient, torch.tensor([[1.0, 2.0, 3.0, 0.0]]))
    with pytest.raises(InvalidInputError, match="needs divergence_BT"):
        distillation_loss(config, **row)
