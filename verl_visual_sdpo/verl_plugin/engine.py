"""verl's FSDP engine with two additions: it runs on a CPU, and it can compare a few vocabulary entries per position.

Shapes: B rows, T response tokens of a row, N response tokens of a batch, K vocabulary entries, V all of them.
"""

from __future__ import annotations

from typing import Any

import torch
from tensordict import TensorDict
from torch.distributed.tensor import DTensor
from verl.utils import tensordict_utils as tu
from verl.workers.engine.base import EngineRegistry
from verl.workers.engine.fsdp.transformer_impl import FSDPEngineWithLMHead

from verl_visual_sdpo.verl_plugin.patches import pageable_offload, sequence_ragged
from verl_visual_sdpo.verl_plugin.register import ENGINE

# What a phase may ask for, in the ``extra_info`` of its batch.
RETURN_TOP_K = "visual_sdpo_return_top_k"  # K: return the ids of the K likeliest entries as TOP_K_IDS
SCORE_TOP_K = "visual_sdpo_score_top_k"  # True: return the log-probs at the batch's TOP_K_IDS as TOP_K_LOG_PROBS
TOP_K_IDS = "top_k_ids"  # nested (B, T, K) int32, response positions only
TOP_K_LOG_PROBS = "top_k_log_probs"  # nested (B, T, K) float32, of the whole vocabulary's distribution


@EngineRegistry.register(model_type="language_model", backend="fsdp2", device="cpu")
class CpuEngine(FSDPEngineWithLMHead):
    """verl's FSDP2 engine where the host is the device. (FSDP1 cannot run there: transformer_impl.py:444.)"""

    def _build_fsdp_module(self, module: torch.nn.Module) -> torch.nn.Module:
        with pageable_offload():
            return super()._build_fsdp_module(module)


class TopKMixin:
    """Top-k ids and log-probs at response positions, with gradient when the step has one.

    verl's own hook for this (``distillation_use_topk``) allows one number per token (lines 1417 and 1515) and is
    switched by ``_update_actor`` itself, so the outputs are added here, behind verl's.
    """

    def __init__(self, model_config: Any, *args: Any, **kwargs: Any) -> None:
        model_config.model_type = "language_model"  # ENGINE only chose the class; verl builds a language model
        super().__init__(model_config, *args, **kwargs)

    def prepare_model_inputs(self, micro_batch: TensorDict) -> tuple[dict, dict]:
        micro_batch["position_ids"] = sequence_ragged(micro_batch["position_ids"], micro_batch["input_ids"])
        return super().prepare_model_inputs(micro_batch)

    def prepare_model_outputs(self, output, output_args, micro_batch: TensorDict, logits_processor_func) -> dict:
        model_output = super().prepare_model_outputs(output, output_args, micro_batch, logits_processor_func)
        k = tu.get_non_tensor_data(micro_batch, RETURN_TOP_K, default=0)
        score = tu.get_non_tensor_data(micro_batch, SCORE_TOP_K, default=False)
        if not (k or score):
            return model_output
        logits_NV = response_logits(output.logits, output_args, micro_batch)
        offsets = micro_batch["responses"].offsets()
        if k:
            ids_NK = logits_NV.topk(min(k, logits_NV.shape[-1]), dim=-1).indices.int()
            model_output[TOP_K_IDS] = torch.nested.nested_tensor_from_jagged(ids_NK, offsets)
        if score:
            ids_NK = micro_batch[TOP_K_IDS].values().long()
            log_probs_NK = logits_NV.gather(-1, ids_NK) - logits_NV.logsumexp(-1, keepdim=True)
            model_output[TOP_K_LOG_PROBS] = torch.nested.nested_tensor_from_jagged(log_probs_NK, offsets)
        return model_output


def response_logits(logits: torch.Tensor, output_args: dict, data: TensorDict) -> torch.Tensor:
    """The logits that predict response tokens, at the rollout's temperature: (N, V) float32.

    A copy, also at temperature 1: a fused cross-entropy may write its gradient over the logits it was given.

    Args:
        logits: (1, total, V) of a packed batch, or (B, longest, V) of a padded one.
        output_args: what ``prepare_model_inputs`` returned.
    """
    if isinstance(logits, DTensor):
        logits = logits.full_tensor()
    prompts, responses = data["prompts"].offsets().diff(), data["responses"].offsets().diff()
    packed = "temperature_rmpad" in output_args
    if packed:
        row_starts = data["input_ids"].offsets()[:-1]
    else:
        row_starts = torch.arange(len(prompts), device=prompts.device) * logits.shape[1]
    first_N = (row_starts + prompts - 1).repeat_interleave(responses)  # the token before predicts the first one
    within_N = torch.cat([torch.arange(int(length), device=first_N.device) for length in responses])
    index_N = (first_N + within_N).to(logits.device)
    if packed:
        temperature_N = output_args["temperature_rmpad"][index_N]
    else:
        temperature_N = output_args["temperature"].repeat_interleave(responses)
    return logits.flatten(0, 1)[index_N].float() / temperature_N.clamp(min=1e-8)[:, None]


@EngineRegistry.register(model_type=ENGINE, backend=["fsdp", "fsdp2"], device=["cuda", "npu"])
class VisualEngine(TopKMixin, FSDPEngineWithLMHead):
    """On accelerators, FSDP or FSDP2."""


@EngineRegistry.register(model_type=ENGINE, backend="fsdp2", device="cpu")
class VisualCpuEngine(TopKMixin, CpuEngine):
    """On the host, FSDP2."""
