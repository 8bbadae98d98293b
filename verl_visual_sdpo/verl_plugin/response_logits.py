"""The logits that predict response tokens, out of a packed, padded or sequence-parallel forward.

Under Ulysses sequence parallelism each rank of a group holds a stretch of the packed sequence: what is computed here
for its own positions is put together with verl's own gathering, gradient included.

Shapes: B rows, N response tokens of a batch, M of them on this rank, L positions of the packed sequence on this rank,
K vocabulary entries, V all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from tensordict import TensorDict
from torch.distributed.tensor import DTensor

from verl_visual_sdpo.distillation.losses import log_probs_at


@dataclass(frozen=True)
class ResponseLogits:
    """``values_NV`` in the model's precision, not yet divided by ``temperature_N``; of this rank's positions only.

    A copy, also where all positions are wanted: a fused cross-entropy may write its gradient over the logits it was
    given.
    """

    values_NV: torch.Tensor
    temperature_N: torch.Tensor
    engine: Any = None
    own_N: torch.Tensor | None = None  # under sequence parallelism: which of the batch's response tokens are here
    place_M: torch.Tensor | None = None  # and where in this rank's stretch
    index_N: torch.Tensor | None = None  # where in the whole packed sequence all of them are
    stretch: int = 0
    pad_size: int = 0

    @classmethod
    def of(cls, engine: Any, output: Any, output_args: dict, data: TensorDict) -> ResponseLogits:
        """Out of ``output.logits``: (1, L, V) of a packed batch, or (B, longest, V) of a padded one.

        Args:
            output_args: what ``prepare_model_inputs`` returned.
        """
        logits = output.logits
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
        flat_LV = logits.flatten(0, 1)
        if not packed:
            temperature_N = output_args["temperature"].repeat_interleave(responses)
            return cls(flat_LV[index_N], temperature_N.clamp(min=1e-8))
        temperature_L = output_args["temperature_rmpad"].flatten().clamp(min=1e-8)
        if not engine.use_ulysses_sp:
            return cls(flat_LV[index_N], temperature_L[index_N])
        stretch = flat_LV.shape[0]
        start = stretch * torch.distributed.get_rank(engine.ulysses_parallel_group)
        own_N = (index_N >= start) & (index_N < start + stretch)
        place_M = index_N[own_N] - start
        parts = {"engine": engine, "own_N": own_N, "place_M": place_M, "index_N": index_N}
        return cls(flat_LV[place_M], temperature_L[place_M], **parts, stretch=stretch, pad_size=output_args["pad_size"])

    def top_k(self, k: int) -> torch.Tensor:
        """(N, K) int32: the ids of the likeliest entries."""
        k = min(k, self.values_NV.shape[-1])
        return self._gathered(self.values_NV.topk(k, dim=-1).indices.int())

    def log_probs_at(self, ids_NK: torch.Tensor) -> torch.Tensor:
        """(N, K) float32: log-probs at ``ids_NK`` under the rollout's temperature."""
        own_MK = ids_NK if self.own_N is None else ids_NK[self.own_N]
        return self._gathered(log_probs_at(self.values_NV, self.temperature_N, own_MK))

    def _gathered(self, values_MK: torch.Tensor) -> torch.Tensor:
        """Values of this rank's positions -> those of all response tokens, (N, K)."""
        if self.own_N is None:
            return values_MK
        stretch_LK = values_MK.new_zeros(self.stretch, values_MK.shape[-1])
        stretch_LK = stretch_LK.index_copy(0, self.place_M, values_MK)
        return self.engine._gather_and_unpad_packed(stretch_LK, self.pad_size)[self.index_N]
