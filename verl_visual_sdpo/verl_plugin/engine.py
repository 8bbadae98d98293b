"""verl's FSDP engine with three additions: it runs on a CPU, it can compare a few vocabulary entries per position, and
it can compare all of them with a teacher that it runs beside the update.

Shapes: B rows, T response tokens of a row, N response tokens of a batch, L positions on this rank, K vocabulary
entries, V all of them.
"""

from __future__ import annotations

from typing import Any

import torch
from tensordict import TensorDict
from verl.utils import tensordict_utils as tu
from verl.workers.engine.base import EngineRegistry
from verl.workers.engine.fsdp.transformer_impl import FSDPEngineWithLMHead

from verl_visual_sdpo.distillation.losses import full_divergence, log_probs_at
from verl_visual_sdpo.verl_plugin.patches import pageable_offload, sequence_ragged
from verl_visual_sdpo.verl_plugin.register import ENGINE
from verl_visual_sdpo.verl_plugin.response_logits import ResponseLogits
from verl_visual_sdpo.verl_plugin.teacher_forward import TeacherForward

# What a phase may ask for, in the ``extra_info`` of its batch.
RETURN_TOP_K = "visual_sdpo_return_top_k"  # K: return the ids of the K likeliest entries as TOP_K_IDS
SCORE_TOP_K = "visual_sdpo_score_top_k"  # True: return the log-probs at the batch's TOP_K_IDS as TOP_K_LOG_PROBS
SCORE_FULL = "visual_sdpo_score_full"  # {divergence, entry_clip, teacher, teacher_rate}: DIVERGENCE and TEACHER_SAMPLED
TOP_K_IDS = "top_k_ids"  # nested (B, T, K) int32, response positions only
TOP_K_LOG_PROBS = "top_k_log_probs"  # nested (B, T, K) float32, of the whole vocabulary's distribution
DIVERGENCE = "full_divergence"  # nested (B, T) float32, 0 in rows without a teacher
TEACHER_SAMPLED = "full_teacher_log_probs"  # nested (B, T) float32 of the sampled tokens, 0 in rows without a teacher


@EngineRegistry.register(model_type="language_model", backend="fsdp2", device="cpu")
class CpuEngine(FSDPEngineWithLMHead):
    """verl's FSDP2 engine where the host is the device. (FSDP1 cannot run there: transformer_impl.py:444.)"""

    def _build_fsdp_module(self, module: torch.nn.Module) -> torch.nn.Module:
        with pageable_offload():
            return super()._build_fsdp_module(module)


class TopKMixin:
    """Top-k ids and log-probs, or the divergence over the whole vocabulary, at response positions, with gradient when
    the step has one.

    verl's own hook for this (``distillation_use_topk``) allows one number per token (lines 1417 and 1515) and is
    switched by ``_update_actor`` itself, so the outputs are added here, behind verl's.
    """

    def __init__(self, model_config: Any, *args: Any, **kwargs: Any) -> None:
        model_config.model_type = "language_model"  # ENGINE only chose the class; verl builds a language model
        super().__init__(model_config, *args, **kwargs)
        self.teacher_forward = TeacherForward(self)

    def forward_step(self, micro_batch: TensorDict, loss_function: Any, forward_only: bool) -> Any:
        wanted = tu.get_non_tensor_data(micro_batch, SCORE_FULL, default=None)
        with self.teacher_forward.beside(micro_batch, wanted):
            return super().forward_step(micro_batch, loss_function=loss_function, forward_only=forward_only)

    def prepare_model_inputs(self, micro_batch: TensorDict) -> tuple[dict, dict]:
        micro_batch["position_ids"] = sequence_ragged(micro_batch["position_ids"], micro_batch["input_ids"])
        return super().prepare_model_inputs(micro_batch)

    def prepare_model_outputs(self, output, output_args, micro_batch: TensorDict, logits_processor_func) -> dict:
        k = tu.get_non_tensor_data(micro_batch, RETURN_TOP_K, default=0)
        score = tu.get_non_tensor_data(micro_batch, SCORE_TOP_K, default=False)
        full = tu.get_non_tensor_data(micro_batch, SCORE_FULL, default=None)
        logits = ResponseLogits.of(self, output, output_args, micro_batch) if k or score or full else None
        if full and self.teacher_forward.listening:  # this forward is the teacher's own
            self.teacher_forward.hear(logits)
            return {}
        model_output = super().prepare_model_outputs(output, output_args, micro_batch, logits_processor_func)
        offsets = micro_batch["responses"].offsets()
        if k:
            model_output[TOP_K_IDS] = _nested(logits.top_k(k), offsets)
        if score:
            ids_NK = micro_batch[TOP_K_IDS].values().long()
            model_output[TOP_K_LOG_PROBS] = _nested(logits.log_probs_at(ids_NK), offsets)
        if full:
            values = self._against_the_teacher(logits, micro_batch, full)
            model_output |= {name: _nested(value_N, offsets) for name, value_N in values.items()}
        return model_output

    def _against_the_teacher(self, logits: ResponseLogits, micro_batch: TensorDict, wanted: dict) -> dict:
        """DIVERGENCE and TEACHER_SAMPLED, both (N,)."""
        index_N, teacher_NV = self.teacher_forward.take()  # of the N response tokens those that have a teacher
        divergence_N = logits.values_NV.new_zeros(len(logits.values_NV), dtype=torch.float32)
        sampled_N = torch.zeros_like(divergence_N)
        if len(index_N):
            temperature_M = logits.temperature_N[index_N]
            divergence_M = full_divergence(
                logits.values_NV[index_N],
                teacher_NV,
                wanted["divergence"],
                wanted["entry_clip"],
                temperature_N=temperature_M,
            )
            sampled_M1 = micro_batch["responses"].values()[index_N][:, None]
            divergence_N = divergence_N.index_copy(0, index_N, divergence_M)
            sampled_N[index_N] = log_probs_at(teacher_NV, temperature_M, sampled_M1)[:, 0]
        return {DIVERGENCE: divergence_N, TEACHER_SAMPLED: sampled_N}


def _nested(values: torch.Tensor, offsets: torch.Tensor) -> torch.Tensor:
    return torch.nested.nested_tensor_from_jagged(values, offsets)


@EngineRegistry.register(model_type=ENGINE, backend=["fsdp", "fsdp2"], device=["cuda", "npu"])
class VisualEngine(TopKMixin, FSDPEngineWithLMHead):
    """On accelerators, FSDP or FSDP2."""


@EngineRegistry.register(model_type=ENGINE, backend="fsdp2", device="cpu")
class VisualCpuEngine(TopKMixin, CpuEngine):
    """On the host, FSDP2."""
