"""Rollouts that could not be judged, in verl's own loss, metrics and validation tables."""

from __future__ import annotations

import pytest
import torch
from plugin_rows import as_queue_returns

ROWS, LONGEST = 3, 4


def ppo_inputs(masks: list[list[int]], advantage: float = 1.0):
    """What verl's loss reads of three rollouts; the last one is far off in every respect."""
    lengths = [len(mask) for mask in masks]
    far = [0.0, 0.0, 5.0]
    rows = [
        {
            "prompts": torch.tensor([7]),
            "responses": torch.arange(length),
            "input_ids": torch.arange(length + 1),
            "response_mask": torch.tensor(mask),
            "old_log_probs": torch.full((length,), -1.0),
            "ref_log_prob": torch.full((length,), -1.0 - offset),
            "advantages": torch.full((length,), 0.0 if offset else advantage),
        }
        for mask, length, offset in zip(masks, lengths, far)
    ]
    return as_queue_returns(rows)


def loss_of(masks: list[list[int]], log_probs: list[torch.Tensor]):
    from verl.utils import tensordict_utils as tu
    from verl.workers.config import FSDPActorConfig
    from verl.workers.utils.losses import ppo_loss

    config = FSDPActorConfig(
        strategy="fsdp2",
        rollout_n=1,
        ppo_micro_batch_size_per_gpu=ROWS,
        use_kl_loss=True,
        kl_loss_coef=0.5,
        entropy_coeff=0.1,
    )
    data = ppo_inputs(masks)
    tokens = float(sum(map(sum, masks)))
    tu.assign_non_tensor(data, dp_size=1, batch_num_tokens=tokens, global_batch_size=ROWS)
    # one position per token of prompt and response; the value at a position predicts the next token
    full = torch.nested.as_nested_tensor([torch.cat([row, row.new_zeros(1)]) for row in log_probs], layout=torch.jagged)
    output = {"log_probs": full, "entropy": full.detach().abs()}
    loss, _ = ppo_loss(config=config, model_output=output, data=data)
    return loss


def test_neither_policy_loss_nor_kl_nor_entropy_nor_the_count_of_tokens_sees_it():
    def run(masks, last):
        rows = [torch.full((3,), -0.9), torch.full((4,), -1.1), torch.full((2,), last)]
        rows = [row.requires_grad_() for row in rows]
        loss = loss_of(masks, rows)
        loss.backward()
        return loss.item(), [row.grad for row in rows]

    judged = [[1, 1, 1], [1, 1, 1, 1]]
    loss, grads = run([*judged, [0, 0]], last=-3.0)
    other, _ = run([*judged, [0, 0]], last=-0.1)
    assert loss == pytest.approx(other), "whatever it says"
    assert not grads[2].any() and all(grad.any() for grad in grads[:2])
    seen, seen_grads = run([*judged, [1, 1]], last=-3.0)
    assert seen != pytest.approx(loss) and seen_grads[2].any(), "the check can fail: with its mask it would count"


def test_verls_own_metrics_leave_it_out_as_a_filling():
    from transfer_queue import KVBatchMeta

    from verl_visual_sdpo.verl_plugin.unjudged import as_filling, drop_scores

    batch = KVBatchMeta(keys=["a", "b", "c"], tags=[{"status": "success"} for _ in "abc"], partition_id="train")
    seen = as_filling(batch, [1])
    assert [tag.get("is_padding", False) for tag in seen.tags] == [False, True, False] and seen.keys == batch.keys
    assert not any("is_padding" in tag for tag in batch.tags), "the batch itself is as it was"
    metrics = {"critic/score/mean": 0.5, "critic/rewards/max": 0.5, "critic/advantages/mean": 0.0}
    drop_scores(metrics)
    assert metrics == {"critic/advantages/mean": 0.0}


def test_validation_means_are_over_the_judged():
    from verl.trainer.ppo.metric_utils import process_validation_metrics

    from verl_visual_sdpo.verl_plugin.unjudged import judged_only

    uids = ["p", "p", "p", "q", "q", "r", "r"]
    infos = {
        "reward": [1.0, 0.0, 0.5, 0.2, 0.4, 0.5, 0.5],
        "executed": [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0],
        "undetermined": [0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0],
        "status": ["ok", "timeout", "undetermined", "ok", "ok", "undetermined", "undetermined"],
    }
    mended = judged_only(uids, infos)
    assert mended["executed"] == [1.0, 0.0, 0.5, 1.0, 1.0, None, None]
    assert mended["status"] == infos["status"] and mended["undetermined"] == infos["undetermined"]
    found = process_validation_metrics(["toy"] * 7, uids, mended)["toy"]
    assert found["reward"]["mean@3"] == pytest.approx(0.5) and found["reward"]["mean@2"] == pytest.approx(0.3)
    assert found["executed"]["mean@3"] == pytest.approx(0.5) and found["executed"]["mean@2"] == pytest.approx(1.0)
    assert judged_only(uids[:2], {"reward": [1.0, 0.0]}) == {"reward": [1.0, 0.0]}, "another reward"
