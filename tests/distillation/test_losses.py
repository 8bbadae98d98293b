"""The losses against slow float64 references, finite differences and enumeration."""

from __future__ import annotations

import math

import pytest
import torch

from verl_visual_sdpo.config import DIVERGENCES, DistillationConfig
from verl_visual_sdpo.distillation.losses import (
    credit_weighted,
    distillation_loss,
    exact_divergence,
    importance_weights,
    kl_metrics,
    pulled_towards,
    sampled_reverse_kl,
    topk_divergence,
)
from verl_visual_sdpo.errors import InvalidInputError

B, T, K, V = 3, 5, 4, 11


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(7)


def logits(*shape: int, scale: float = 2.0, dtype=torch.float64) -> torch.Tensor:
    return scale * torch.randn(*shape, dtype=dtype)


def top(student_logits: torch.Tensor, teacher_logits: torch.Tensor, k: int):
    """Log-probs of both at the student's k likeliest ids."""
    log_p, log_q = student_logits.log_softmax(-1), teacher_logits.log_softmax(-1)
    ids = log_p.topk(k, dim=-1).indices
    return log_p.gather(-1, ids), log_q.gather(-1, ids)


def slow_kl(p: list[float], q: list[float]) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q) if a > 0)


def slow_divergence(p: list[float], q: list[float], divergence: str) -> float:
    if divergence == "jensen_shannon":
        middle = [(a + b) / 2 for a, b in zip(p, q)]
        return (slow_kl(p, middle) + slow_kl(q, middle)) / 2
    return slow_kl(p, q) if divergence == "reverse_kl" else slow_kl(q, p)


def softmax(row: torch.Tensor) -> list[float]:
    exponentials = [math.exp(value) for value in row.tolist()]
    return [value / sum(exponentials) for value in exponentials]


# --------------------------------------------------------------------------- values


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_the_exact_divergence_is_the_textbook_sum(divergence):
    student, teacher = logits(B, T, V), logits(B, T, V)
    found_BT = exact_divergence(student, teacher, divergence)
    for b in range(B):
        for t in range(T):
            want = slow_divergence(softmax(student[b, t]), softmax(teacher[b, t]), divergence)
            assert found_BT[b, t].item() == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_topk_is_the_divergence_of_the_bucketed_distributions(divergence):
    student, teacher = logits(B, T, V), logits(B, T, V)
    kl_BT = topk_divergence(*top(student, teacher, K), divergence)
    for b in range(B):
        for t in range(T):
            p, q = softmax(student[b, t]), softmax(teacher[b, t])
            kept = sorted(range(V), key=lambda v: -p[v])[:K]
            p_buckets = [p[v] for v in kept] + [sum(p[v] for v in range(V) if v not in kept)]
            q_buckets = [q[v] for v in kept] + [sum(q[v] for v in range(V) if v not in kept)]
            assert kl_BT[b, t].item() == pytest.approx(slow_divergence(p_buckets, q_buckets, divergence), rel=1e-11)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_topk_rises_with_k_to_the_exact_one(divergence):
    student, teacher = logits(B, T, V), logits(B, T, V)
    by_k = torch.stack([topk_divergence(*top(student, teacher, k), divergence) for k in range(1, V + 1)])
    assert (by_k.diff(dim=0) >= -1e-12).all()
    torch.testing.assert_close(by_k[-1], exact_divergence(student, teacher, divergence), rtol=1e-11, atol=1e-13)


def test_the_trust_region_teacher_is_the_normalised_mixture_of_log_probs():
    now, then = logits(T, V), logits(T, V)
    want = (0.3 * now.log_softmax(-1) + 0.7 * then.log_softmax(-1)).log_softmax(-1)
    found, log_Z = pulled_towards(now.log_softmax(-1), then.log_softmax(-1), 0.3)
    torch.testing.assert_close(found, want, rtol=0, atol=1e-10)
    assert torch.allclose(0.3 * now.log_softmax(-1) + 0.7 * then.log_softmax(-1) - log_Z[:, None], want)
    log_p, log_q = top(now, then, K)
    bucketed, _ = pulled_towards(log_p, log_q, 0.3)
    assert (bucketed.exp().sum(-1) < 1).all() and torch.allclose(pulled_towards(log_p, log_q, 1.0)[0], log_p)


def test_jensen_shannon_never_exceeds_log_two_and_an_entry_never_its_clip():
    student, teacher = logits(B, T, V, scale=60.0), logits(B, T, V, scale=60.0)
    found_BT = exact_divergence(student, teacher, "jensen_shannon")
    assert 0.5 < float(found_BT.max()) <= math.log(2) + 1e-12
    log_p, log_q = top(student, teacher, K)
    clipped_BT = topk_divergence(log_p, log_q, "forward_kl", entry_clip=0.05)
    whole_BT = topk_divergence(log_p, log_q, "forward_kl")
    assert (clipped_BT <= whole_BT).all() and (clipped_BT < 0.1 * whole_BT).any()
    assert float(clipped_BT.max()) <= 0.05 * (K + 1)


def test_sampled_values_average_to_the_kl():
    student, teacher = logits(B, T, V), logits(B, T, V)
    log_p, log_q = student.log_softmax(-1), teacher.log_softmax(-1)
    mean = (log_p.exp() * sampled_reverse_kl(log_p, log_q)).sum(-1)
    torch.testing.assert_close(mean, exact_divergence(student, teacher))


@pytest.mark.parametrize("rest", [1e-4, 1e-5, 1e-6])
def test_a_tiny_rest_keeps_its_digits_in_float32(rest):
    """``log(1 - sum)`` taken as it stands would be off by 0.03 at 1e-6: the sum's own rounding is 6e-8."""
    student, teacher = torch.tensor([[[math.log(0.5)]]]), torch.tensor([[[math.log1p(-rest)]]])
    want = 0.5 * math.log(0.5 / (1 - rest)) + 0.5 * math.log(0.5 / rest)
    assert topk_divergence(student, teacher).item() == pytest.approx(want, rel=1e-5)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_zero_probabilities_stay_finite_in_value_and_gradient(divergence):
    student = torch.tensor([[[2.0, 1.0, -math.inf, 0.0]]], requires_grad=True)
    teacher = torch.tensor([[[1.0, -math.inf, -math.inf, 0.0]]])
    p, q = student.log_softmax(-1), teacher.log_softmax(-1)
    for value in (exact_divergence(student, teacher, divergence), topk_divergence(p, q, divergence)):
        (gradient,) = torch.autograd.grad(value.sum(), student, retain_graph=True)
        assert torch.isfinite(value).all() and value.item() > 0.05
        assert torch.isfinite(gradient).all() and gradient[..., 2] == 0


def test_bfloat16_inputs_are_widened():
    student, teacher = top(logits(B, T, V), logits(B, T, V), K)
    half = topk_divergence(student.bfloat16(), teacher.bfloat16())
    assert half.dtype == torch.float32 and torch.isfinite(half).all()
    torch.testing.assert_close(half, topk_divergence(student.bfloat16().double(), teacher.bfloat16().double()).float())


# --------------------------------------------------------------------------- gradients


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_gradients_by_finite_differences(divergence):
    student, teacher = logits(2, 3, 6).requires_grad_(), logits(2, 3, 6)
    ids = student.detach().topk(3, dim=-1).indices
    log_q = teacher.log_softmax(-1).gather(-1, ids)

    def topk(x: torch.Tensor, clip: float | None = None) -> torch.Tensor:
        return topk_divergence(x.log_softmax(-1).gather(-1, ids), log_q, divergence, clip)

    assert torch.autograd.gradcheck(lambda x: exact_divergence(x, teacher, divergence), student)
    assert torch.autograd.gradcheck(topk, student)
    assert torch.autograd.gradcheck(lambda x: topk(x, 0.05), student)


def test_the_whole_term_by_finite_differences():
    """Weights, importance and mask included; the ratio is a constant of the gradient, as its docstring says."""
    inputs = batch("topk")
    leaf = inputs.pop("student_topk_BTK").requires_grad_()
    config = DistillationConfig(alpha=3.0)
    assert torch.autograd.gradcheck(lambda x: distillation_loss(config, student_topk_BTK=x, **inputs)[0], leaf)


@pytest.mark.parametrize("divergence", DIVERGENCES)
def test_full_k_has_the_exact_gradient(divergence):
    student, teacher = logits(B, T, V).requires_grad_(), logits(B, T, V)
    (exact,) = torch.autograd.grad(exact_divergence(student, teacher, divergence).sum(), student)
    everything = topk_divergence(student.log_softmax(-1), teacher.log_softmax(-1), divergence)
    (full,) = torch.autograd.grad(everything.sum(), student)
    torch.testing.assert_close(full, exact, rtol=1e-9, atol=1e-11)


def test_sampled_gradient_is_the_kl_gradient_in_expectation_even_off_policy():
    """Every token enumerated, drawn from an *older* policy: E_old[min(p/old, inf) * estimate] against the exact KL."""
    student, old, teacher = logits(V).requires_grad_(), logits(V), logits(V)
    log_p, log_old, log_q = (x.log_softmax(-1) for x in (student, old, teacher))
    ratio = importance_weights(log_p, log_old, clip=1e9)
    expected = (log_old.exp() * ratio * sampled_reverse_kl(log_p, log_q)).sum()
    exact = exact_divergence(student, teacher)
    torch.testing.assert_close(expected, exact)
    (got,) = torch.autograd.grad(expected, student, retain_graph=True)
    (want,) = torch.autograd.grad(exact, student)
    torch.testing.assert_close(got, want)


def test_the_plain_log_ratio_would_have_no_gradient_at_all_in_expectation():
    """Why k1 is not differentiated as it stands."""
    student, teacher = logits(V).requires_grad_(), logits(V)
    log_p = student.log_softmax(-1)
    naive = (log_p.exp().detach() * (log_p - teacher.log_softmax(-1))).sum()
    (gradient,) = torch.autograd.grad(naive, student)
    torch.testing.assert_close(gradient, torch.zeros_like(gradient), atol=1e-12, rtol=0)


@pytest.mark.parametrize("estimator", ["topk", "sampled"])
def test_no_gradient_reaches_the_teacher_the_old_policy_or_the_weights(estimator):
    inputs = batch(estimator)
    for name, value in inputs.items():
        if name != "mask_BT":
            inputs[name] = value.clone().requires_grad_()
    loss_BT, _ = distillation_loss(DistillationConfig(estimator=estimator), **inputs)
    loss_BT.sum().backward()
    moved = {name for name, value in inputs.items() if value.grad is not None and value.grad.any()}
    assert moved == ({"student_topk_BTK"} if estimator == "topk" else {"student_BT"})


# --------------------------------------------------------------------------- weights, mask, clip


def batch(estimator: str = "topk", dtype=torch.float64) -> dict[str, torch.Tensor]:
    student, teacher, old = (logits(B, T, V, dtype=dtype) for _ in range(3))
    sampled = torch.randint(V, (B, T, 1))
    inputs = {
        name: x.log_softmax(-1).gather(-1, sampled).squeeze(-1)
        for name, x in (("student_BT", student), ("teacher_BT", teacher), ("old_BT", old))
    }
    inputs["responsibilities_BT"] = torch.rand(B, T, dtype=dtype) * (torch.rand(B, T) > 0.5)
    inputs["mask_BT"] = torch.tensor([[1, 1, 1, 1, 0], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0]]).bool()
    if estimator == "topk":
        inputs["student_topk_BTK"], inputs["teacher_topk_BTK"] = top(student, teacher, K)
    return inputs


@pytest.mark.parametrize("estimator", ["topk", "sampled"])
def test_the_whole_term_is_mask_times_weight_times_clipped_ratio_times_kl(estimator):
    config = DistillationConfig(estimator=estimator, alpha=3.0, importance_clip=1.5)
    inputs = batch(estimator)
    loss_BT, _ = distillation_loss(config, **inputs)
    for b in range(B):
        for t in range(T):
            want = 0.0
            if inputs["mask_BT"][b, t]:
                if estimator == "topk":
                    p, q = (inputs[f"{who}_topk_BTK"][b, t].exp().tolist() for who in ("student", "teacher"))
                    kl = slow_kl([*p, 1 - sum(p)], [*q, 1 - sum(q)])
                else:
                    kl = inputs["student_BT"][b, t].item() - inputs["teacher_BT"][b, t].item()
                ratio = math.exp(inputs["student_BT"][b, t].item() - inputs["old_BT"][b, t].item())
                want = (1 + 2 * inputs["responsibilities_BT"][b, t].item()) * min(ratio, 1.5) * kl
            assert loss_BT[b, t].item() == pytest.approx(want, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("estimator", ["topk", "sampled"])
def test_what_lies_behind_the_mask_cannot_hurt(estimator):
    config, inputs = DistillationConfig(estimator=estimator), batch(estimator)
    leaf = "student_topk_BTK" if estimator == "topk" else "student_BT"
    clean, clean_sums = distillation_loss(config, **inputs)
    for name, value in inputs.items():
        if name != "mask_BT":
            inputs[name] = value.clone()
            inputs[name][~inputs["mask_BT"]] = math.nan
    inputs[leaf].requires_grad_()
    loss_BT, sums = distillation_loss(config, **inputs)
    loss_BT.sum().backward()
    assert torch.equal(loss_BT.detach(), clean)
    assert torch.isfinite(inputs[leaf].grad).all() and not inputs[leaf].grad[~inputs["mask_BT"]].any()
    assert kl_metrics(sums) == kl_metrics(clean_sums)


def test_alpha_one_weighs_all_alike_and_on_policy_needs_no_clip():
    inputs = batch("topk")
    inputs["old_BT"] = inputs["student_BT"].clone()
    loss_BT, _ = distillation_loss(DistillationConfig(alpha=1.0), **inputs)
    kl_BT = topk_divergence(inputs["student_topk_BTK"], inputs["teacher_topk_BTK"])
    torch.testing.assert_close(loss_BT, kl_BT * inputs["mask_BT"])


def test_importance_weights_are_clipped_above_only_and_never_overflow():
    now, then = torch.tensor([[0.0, -1.0, -5.0]], requires_grad=True), torch.tensor([[-500.0, -1.0, -4.0]])
    weights = importance_weights(now, then, clip=2.0)
    torch.testing.assert_close(weights, torch.tensor([[2.0, 1.0, math.exp(-1)]]))
    assert not weights.requires_grad
    assert torch.equal(importance_weights(now, then, clip=None), torch.ones(1, 3))


def test_topk_without_its_tensors_is_refused():
    with pytest.raises(InvalidInputError, match="student_topk_BTK"):
        distillation_loss(DistillationConfig(estimator="topk"), **batch("sampled"))


# --------------------------------------------------------------------------- metrics


def test_metrics_tell_guilty_from_innocent():
    kl_BT = torch.tensor([[0.1, 0.3, 0.2, 9.0]])
    weights_BT = torch.tensor([[1.0, 2.0, 1.0, 5.0]])
    mask_BT, guilty_BT = torch.tensor([[1, 1, 1, 0]]).bool(), torch.tensor([[0, 1, 0, 1]]).bool()
    gap_BT = torch.tensor([[0.0, -2.0, 0.5, 7.0]])
    _, sums = credit_weighted(kl_BT, weights_BT, mask_BT, guilty_BT=guilty_BT, gap_BT=gap_BT)
    assert kl_metrics(sums) == pytest.approx(
        {
            "kl": 0.2,
            "weighted_kl": 0.3,
            "mean_weight": 4 / 3,
            "guilty_token_share": 1 / 3,
            "guilty_kl_share": 0.5,
            "gap_guilty": -2.0,
            "gap_other": 0.25,
        }
    )


def test_sums_of_micro_batches_add_up_to_the_batch():
    inputs = batch("topk")
    _, whole = distillation_loss(DistillationConfig(), **inputs)
    rows = [
        distillation_loss(DistillationConfig(), **{k: v[b : b + 1] for k, v in inputs.items()})[1] for b in range(B)
    ]
    assert kl_metrics({name: sum(row[name] for row in rows) for name in whole}) == pytest.approx(kl_metrics(whole))


def test_nothing_distilled_leaves_no_metrics():
    inputs = batch("topk")
    inputs["mask_BT"] = torch.zeros_like(inputs["mask_BT"])
    loss_BT, sums = distillation_loss(DistillationConfig(), **inputs)
    assert not loss_BT.any() and kl_metrics(sums) == {}
