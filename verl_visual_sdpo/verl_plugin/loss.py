"""The loss that the actor's update minimises: ``beta * GRPO + kl_coef * mean(w_t * KL_t)``.

Shapes: B rows of a micro-batch, T longest response, K vocabulary entries.
"""

from __future__ import annotations

from typing import Any

import torch
from tensordict import TensorDict
from verl.trainer.ppo.core_algos import agg_loss
from verl.utils import tensordict_utils as tu
from verl.utils.metric import AggregationType, Metric
from verl.workers.config import ActorConfig
from verl.workers.utils.losses import ppo_loss
from verl.workers.utils.padding import no_padding_2_padding

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.ablation import DEALT
from verl_visual_sdpo.distillation.losses import distillation_loss
from verl_visual_sdpo.verl_plugin.engine import DIVERGENCE, TEACHER_SAMPLED, TOP_K_LOG_PROBS
from verl_visual_sdpo.verl_plugin.teacher_forward import DISTILL_MASK

# Fields that the teacher pass puts beside each rollout, one value per response token (or K of them).
TEACHER_LOG_PROBS = "teacher_log_probs"  # of the sampled token
TEACHER_TOP_K = "teacher_top_k_log_probs"  # at TOP_K_IDS
RESPONSIBILITIES = "responsibilities"  # resp(s(t)) in [0, 1]
CREDIT = "credit"  # what weighs in its place, under the ablations that deal credit otherwise
KL_COEF = "visual_sdpo_kl_coef"  # in the batch's extra_info: this step's factor of the distillation term
SUMS = "distill_sums/"  # metrics under this prefix add up; the trainer makes ratios of them


def visual_sdpo_loss(
    config: ActorConfig,
    model_output: dict[str, torch.Tensor],
    data: TensorDict,
    dp_group: Any = None,
    *,
    settings: DistillationConfig,
) -> tuple[torch.Tensor, dict[str, Any]]:
    """verl's loss signature; ``config`` and ``settings`` are bound by the trainer.

    verl's own ``ppo_loss`` runs first: it is the GRPO term, and it fills ``config.global_batch_info``, by which both
    terms are averaged over the same tokens. With beta = 1 and kl_coef = 0 its result is returned as it is. The batch
    may bring this step's factor as ``KL_COEF`` in the place of ``settings.kl_coef``.
    """
    policy_loss, metrics = ppo_loss(config=config, model_output=model_output, data=data, dp_group=dp_group)
    kl_coef = tu.get_non_tensor_data(data, KL_COEF, default=settings.kl_coef)
    if not kl_coef:
        return settings.beta * policy_loss, metrics
    mask_BT = _padded(data["response_mask"]).bool()
    per_token_BT, sums = distillation_loss(
        settings,
        student_BT=no_padding_2_padding(model_output["log_probs"], data),
        old_BT=_padded(data["old_log_probs"]),
        responsibilities_BT=_padded(data[RESPONSIBILITIES]),
        credit_BT=_padded(data[CREDIT]) if settings.credit in DEALT else None,
        mask_BT=mask_BT & _padded(data[DISTILL_MASK]).bool(),
        **_of_the_teacher(settings, model_output, data),
    )
    distillation = agg_loss(per_token_BT, mask_BT, config.loss_agg_mode, **config.global_batch_info)
    metrics["distill/loss"] = Metric(AggregationType.SUM, distillation)
    metrics.update({SUMS + name: Metric(AggregationType.SUM, value) for name, value in sums.items()})
    return settings.beta * policy_loss + kl_coef * distillation, metrics


def _of_the_teacher(settings: DistillationConfig, model_output: dict, data: TensorDict) -> dict[str, torch.Tensor]:
    if settings.estimator == "full":
        divergence_BT = _padded(model_output[DIVERGENCE])
        return {"teacher_BT": _padded(model_output[TEACHER_SAMPLED]), "divergence_BT": divergence_BT}
    own = {"teacher_BT": _padded(data[TEACHER_LOG_PROBS])}
    if settings.estimator == "topk":
        own["student_topk_BTK"] = _padded(model_output[TOP_K_LOG_PROBS])
        own["teacher_topk_BTK"] = _padded(data[TEACHER_TOP_K])
    return own


def _padded(nested: torch.Tensor) -> torch.Tensor:
    """Nested (B, T, ...) -> (B, longest T, ...), zeros behind; keeps the gradient."""
    return torch.nn.utils.rnn.pad_sequence(rows_of(nested), batch_first=True)


def rows_of(nested: torch.Tensor) -> list[torch.Tensor]:
    """Nested (B, T, ...) -> its B rows, each (T, ...); views that keep the gradient."""
    return list(nested.values().split(nested.offsets().diff().tolist()))
