"""Two processes, one rank each: loss and gradient of the same rollouts under FSDP2 and under Ulysses. Run by
test_two_ranks.py: ``python two_ranks.py MODEL ROLLOUTS OUT`` with RANK, MASTER_PORT... in the environment.

Ulysses needs flash-attn, which no CPU has. In the place of its kernel stands the definition of what it computes (causal
attention within each packed row), and all-to-all is in the form that gloo has; all that moves sequences and heads
between ranks is verl's own.
"""

from __future__ import annotations

import os
import sys

import torch
from plugin_rows import as_queue_returns
from plugin_updates import loss_and_gradients, new_actor, new_training_worker, ours

from verl_visual_sdpo.verl_plugin.engine import RETURN_TOP_K, SCORE_FULL, SCORE_TOP_K, TOP_K_IDS

KERNEL = "plain_varlen"


def varlen_attention(query, key, value, mask, length, *_, position_ids=None, softmax_scale=None, **__):
    """(1, L, heads, D) each; ``position_ids`` (1, L) start at 0 with every packed row. None: the vision tower."""
    repeats = query.shape[2] // key.shape[2]
    query, key, value = (x.transpose(1, 2) for x in (query, key, value))
    key, value = (x.repeat_interleave(repeats, dim=1) for x in (key, value))
    allowed = None
    if position_ids is not None:
        row_L = (position_ids[0] == 0).cumsum(0)
        order_L = torch.arange(len(row_L))
        allowed = (row_L[:, None] == row_L[None]) & (order_L[:, None] >= order_L[None])
    out = torch.nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=allowed, scale=softmax_scale)
    return out.transpose(1, 2)


def all_to_all(outputs, inputs, group=None, async_op=False):
    """Of pieces of one shape, by the form of it that gloo has."""
    sent = torch.stack([piece.contiguous() for piece in inputs])
    received = torch.empty_like(sent)
    torch.distributed.all_to_all_single(received, sent, group=group)
    for output, piece in zip(outputs, received):
        output.copy_(piece)


def stand_in_for_flash_attention() -> None:
    from transformers.integrations.flash_attention import flash_attention_forward
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, flash_attention_mask
    from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS
    from verl.models.transformers import monkey_patch

    monkey_patch._flash_attention_forward = varlen_attention
    torch.distributed.all_to_all = all_to_all
    ALL_ATTENTION_FUNCTIONS.register(KERNEL, flash_attention_forward)
    ALL_MASK_ATTENTION_FUNCTIONS.register(KERNEL, flash_attention_mask)


def main(model_path: str, rollouts: str, out: str) -> None:
    from verl.plugin.platform.platform_manager import set_platform

    from verl_visual_sdpo.verl_plugin.cpu import CpuPlatform
    from verl_visual_sdpo.verl_plugin.worker import VisualTrainingWorker

    torch.set_num_threads(1)
    set_platform(CpuPlatform())
    rank, rows = int(os.environ["RANK"]), torch.load(rollouts, weights_only=False)
    actor, results = new_actor(), {}
    wanted = {"divergence": "reverse_kl", "entry_clip": None, "teacher": "current", "teacher_rate": 0.3}

    sharded = new_training_worker(model_path, VisualTrainingWorker)
    own = as_queue_returns(rows[2 * rank : 2 * rank + 2])
    for estimator, ask in (("topk", {SCORE_TOP_K: True}), ("full", {SCORE_TOP_K: False, SCORE_FULL: wanted})):
        ask |= {"micro_batch_size_per_gpu": 1}  # rank 0 has a row without a teacher, rank 1 has none such
        loss = ours(actor, alpha=4.0, estimator=estimator)
        results["fsdp2", estimator] = loss_and_gradients(sharded, loss, own, **ask)
    del sharded

    stand_in_for_flash_attention()
    packed = {"use_remove_padding": True, "override_config": {"attn_implementation": KERNEL}}
    ulysses = new_training_worker(model_path, VisualTrainingWorker, model=packed, ulysses_sequence_parallel_size=2)
    data = as_queue_returns(rows)
    for estimator in ("topk", "sampled"):
        ask = {"use_remove_padding": True, "micro_batch_size_per_gpu": 2, SCORE_TOP_K: estimator == "topk"}
        loss = ours(actor, alpha=4.0, estimator=estimator)
        results["ulysses", estimator] = loss_and_gradients(ulysses, loss, data, **ask)
    with torch.no_grad():
        from plugin_rows import TEMPERATURE, with_extra

        ask = {"calculate_entropy": False, "compute_loss": False, "temperature": TEMPERATURE, RETURN_TOP_K: 5}
        found = ulysses.infer_batch(with_extra(data, **ask))
        if rank == 0:
            results["ulysses", "top k ids"] = found[TOP_K_IDS].values()
    if rank == 0:
        torch.save(results, out)
    torch.distributed.barrier()
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(*sys.argv[1:])
