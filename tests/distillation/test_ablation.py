"""Credit dealt otherwise keeps what it promises: its place is wrong, its strength is not."""

from __future__ import annotations

import random

import pytest
import torch

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.ablation import (
    credit_weights,
    dealt_anew,
    exchange,
    matched,
    shuffled_credit,
    stretched,
)
from verl_visual_sdpo.distillation.losses import distillation_loss
from verl_visual_sdpo.types import Evidence

B, T = 4, 9
MASK = torch.ones(B, T).bool()


@pytest.fixture
def tensors():
    torch.manual_seed(3)
    log_probs = {name: -torch.rand(B, T, dtype=torch.float64) for name in ("student_BT", "teacher_BT", "old_BT")}
    guilt = torch.rand(B, T, dtype=torch.float64) * (torch.rand(B, T) < 0.4)
    return {**log_probs, "responsibilities_BT": guilt, "mask_BT": torch.rand(B, T) < 0.8}


def settings(**chosen) -> DistillationConfig:
    return DistillationConfig(alpha=4.0, estimator="sampled", **chosen)


@pytest.mark.parametrize("credit", ["uniform_matched", "random", "shuffled", "oracle"])
def test_matched_by_kl_the_strength_is_that_of_traced(tensors, credit):
    other = torch.rand(B, T, dtype=torch.float64)
    _, traced = distillation_loss(settings(importance_clip=2.0), **tensors)
    loss, found = distillation_loss(settings(credit=credit), credit_BT=other, **tensors)
    strength = (tensors["teacher_BT"] - tensors["student_BT"]).abs()
    strength *= (tensors["student_BT"] - tensors["old_BT"]).exp().clamp(max=2.0) * tensors["mask_BT"]
    expected = ((1 + 3 * tensors["responsibilities_BT"]) * strength).sum()
    assert float(loss.abs().sum()) == pytest.approx(float(expected), rel=1e-6)
    assert float(found["guilty_kl"]) == pytest.approx(float(traced["guilty_kl"])), "metrics speak of the traced tokens"


def test_matched_by_weight_the_mean_weight_is_that_of_traced(tensors):
    _, traced = distillation_loss(settings(), **tensors)
    _, found = distillation_loss(settings(credit="uniform_matched", credit_match="weight"), **tensors)
    assert float(found["weight"]) == pytest.approx(float(traced["weight"]), rel=1e-6)
    assert float(found["weighted_kl"]) != pytest.approx(float(traced["weighted_kl"]), rel=1e-3), (
        "weight is not strength"
    )


def test_uniform_weighs_one_and_traced_as_the_paper(tensors):
    guilt, strength = tensors["responsibilities_BT"], torch.ones(B, T)
    assert torch.equal(credit_weights(settings(), guilt, None, strength, MASK), 1 + 3 * guilt)
    uniform = credit_weights(settings(credit="uniform"), guilt, None, strength, MASK)
    assert torch.equal(uniform, torch.ones(B, T).double())


def test_mean_one_weighs_each_response_alike_and_keeps_the_order_within(tensors):
    guilt, mask = tensors["responsibilities_BT"], tensors["mask_BT"]
    mask[3] = False  # a response without a teacher
    found = credit_weights(settings(weights="mean_one"), guilt, None, torch.ones(B, T), mask)
    plain = 1 + 3 * guilt
    for row in range(3):
        assert float(found[row][mask[row]].mean()) == pytest.approx(1.0)
        torch.testing.assert_close(found[row] / found[row, 0], plain[row] / plain[row, 0])
    assert torch.isfinite(found).all()
    alone = credit_weights(settings(weights="mean_one"), guilt[:1], None, torch.ones(1, T), mask[:1])
    torch.testing.assert_close(alone, found[:1], msg="micro-batches do not change it")
    loss, _ = distillation_loss(settings(weights="mean_one", importance_clip=None), **tensors)
    gap = (tensors["student_BT"] - tensors["teacher_BT"]) * mask
    torch.testing.assert_close(loss, found * gap)


def test_nothing_to_match_changes_nothing():
    weights = torch.rand(2, 3)
    assert torch.equal(matched(weights, torch.ones(2, 3), torch.zeros(2, 3)), weights)


def test_a_response_is_dealt_its_own_responsibilities_anew():
    seen = Evidence(determined=True, status="ok", responsibilities=tuple((i, i + 1, i / 10) for i in range(8)))
    dealt = dealt_anew(seen, random.Random(1))
    assert [span[:2] for span in dealt.responsibilities] == [span[:2] for span in seen.responsibilities]
    assert sorted(r for *_, r in dealt.responsibilities) == sorted(r for *_, r in seen.responsibilities)
    assert dealt != seen


def test_anothers_responsibilities_keep_their_relative_place():
    assert stretched(torch.tensor([0.0, 1.0]), 6).tolist() == [0, 0, 0, 1, 1, 1]
    assert stretched(torch.tensor([0.0, 1.0, 0.5, 0.2]), 2).tolist() == [0.0, 0.5]
    assert stretched(torch.tensor([]), 3).tolist() == [0, 0, 0]
    first, second = shuffled_credit([torch.zeros(4), torch.ones(2)], ["a", "b"], random.Random(0))
    assert first.tolist() == [1] * 4 and second.tolist() == [0] * 2


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("sizes", [(8, 8), (8,) * 8, (1, 1), (3, 1, 2), (5, 1), (4,)], ids=str)
def test_everyone_gets_anothers_and_of_another_prompt_where_there_is_room(sizes, seed):
    groups = [str(name) for name, size in enumerate(sizes) for _ in range(size)]
    random.Random(seed).shuffle(groups)
    order = exchange(groups, random.Random(seed))
    assert sorted(order) == list(range(len(groups)))
    assert all(own != other for own, other in enumerate(order))
    if max(sizes) <= len(groups) / 2:
        assert all(groups[own] != groups[other] for own, other in enumerate(order))


def test_who_takes_no_part_keeps_what_is_theirs():
    order = exchange([None, "a", None, "b"], random.Random(0))
    assert order == [0, 3, 2, 1]
    assert exchange([None, "a"], random.Random(0)) == [0, 1], "alone there is nobody to exchange with"
    assert exchange([], random.Random(0)) == []
