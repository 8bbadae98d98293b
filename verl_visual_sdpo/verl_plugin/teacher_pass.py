"""The teacher pass: the actor's own weights re-score each response behind the teacher's prompt.

Rows travel through a TransferQueue partition of their own: under the rollouts' keys in ``train`` the pass would write
its ``log_probs`` over the student's.

Shapes: T response tokens of a row, K vocabulary entries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

import torch
import transfer_queue as tq
from tensordict import TensorDict
from transfer_queue import KVBatchMeta
from verl.utils.tensordict_utils import list_of_dict_to_tensordict
from verl.workers.utils.padding import response_from_nested

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.ablation import DEALT
from verl_visual_sdpo.distillation.losses import pulled_towards
from verl_visual_sdpo.verl_plugin.engine import SCORE_TOP_K, TOP_K_IDS, TOP_K_LOG_PROBS
from verl_visual_sdpo.verl_plugin.loss import CREDIT, RESPONSIBILITIES, TEACHER_LOG_PROBS, TEACHER_TOP_K, rows_of
from verl_visual_sdpo.verl_plugin.teacher_forward import DISTILL_MASK, TEACHER_IDS, TEACHER_PICTURES, TEACHER_POSITIONS
from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput
from verl_visual_sdpo.verl_plugin.worker import KEPT_TEACHER

PARTITION = "visual_sdpo_teacher"

Scores = dict[str, torch.Tensor]  # of one rollout: TEACHER_LOG_PROBS (T,) and, for topk, TEACHER_TOP_K (T, K)


def teacher_pass(
    batch: KVBatchMeta,
    inputs: Sequence[TeacherInput],
    compute_log_prob: Callable[[KVBatchMeta], Any],
    *,
    settings: DistillationConfig,
    temperature: float,
) -> None:
    """Score and put ``teacher_log_probs, teacher_top_k_log_probs, responsibilities, distill_mask`` beside the rollouts,
    and ``credit`` where it is dealt otherwise than traced.

    Args:
        batch: the rollouts; ``inputs`` are theirs, in the same order.
        compute_log_prob: the actor worker group's; reads and writes the queue itself.
        settings: estimator ``topk`` compares at the rollouts' ``top_k_ids`` as well; ``teacher`` says whose weights.
        With ``full`` nothing is scored here: the teacher's rows are put beside the rollouts for the update.
    """
    top_k, dealt = settings.estimator == "topk", settings.credit in DEALT
    fields = ["responses", *([TOP_K_IDS] if top_k else [])]
    rollouts = tq.kv_batch_get(keys=batch.keys, partition_id=batch.partition_id, select_fields=fields)
    lengths = rollouts["responses"].offsets().diff().tolist()
    ids = rows_of(rollouts[TOP_K_IDS]) if top_k else [None] * len(lengths)
    if settings.estimator == "full":
        scores = [{} for _ in inputs]
        put_teacher_rows(batch, inputs)
    elif any(one.row for one in inputs):
        ask = partial(_score, batch, inputs, ids, compute_log_prob, temperature=temperature, top_k=top_k)
        scores = _scores_of(ask, settings)
    else:
        scores = [{} for _ in inputs]
    everything = zip(inputs, lengths, ids, scores)
    rows = [_beside(one, length, own_ids, score, dealt) for one, length, own_ids, score in everything]
    tq.kv_batch_put(keys=batch.keys, partition_id=batch.partition_id, fields=_tensordict(rows))


def put_teacher_rows(batch: KVBatchMeta, inputs: Sequence[TeacherInput]) -> None:
    """What ``TeacherForward`` reads; nothing where no rollout has a teacher."""
    if not any(one.row for one in inputs):
        return
    rows = [one.row or _placeholder(inputs, None) for one in inputs]
    fields = [
        {
            TEACHER_IDS: row["input_ids"],
            TEACHER_POSITIONS: row["position_ids"].movedim(-1, 0).contiguous(),
            TEACHER_PICTURES: row["multi_modal_inputs"],
        }
        for row in rows
    ]
    tq.kv_batch_put(keys=batch.keys, partition_id=batch.partition_id, fields=list_of_dict_to_tensordict(fields))


def _scores_of(ask: Callable[..., list[Scores]], settings: DistillationConfig) -> list[Scores]:
    """One pass with the weights that ``settings.teacher`` names, or two and their mixture."""
    if settings.teacher != "trust_region":
        return ask(kept=settings.teacher != "current")
    return [_mixed(now, then, settings.teacher_rate) for now, then in zip(ask(kept=False), ask(kept=True))]


def _mixed(now: Scores, then: Scores, share: float) -> Scores:
    top_k, log_Z_T = pulled_towards(now[TEACHER_TOP_K], then[TEACHER_TOP_K], share)
    sampled = share * now[TEACHER_LOG_PROBS] + (1.0 - share) * then[TEACHER_LOG_PROBS] - log_Z_T
    return {TEACHER_LOG_PROBS: sampled, TEACHER_TOP_K: top_k}


def _score(
    batch: KVBatchMeta,
    inputs: Sequence[TeacherInput],
    ids: list,
    compute_log_prob: Callable,
    *,
    temperature: float,
    top_k: bool,
    kept: bool,
) -> list[Scores]:
    rows = [_with_ids(one.row, own) if one.row else _placeholder(inputs, own) for one, own in zip(inputs, ids)]
    tq.kv_batch_put(
        keys=batch.keys,
        partition_id=PARTITION,
        fields=list_of_dict_to_tensordict(rows),
        tags=[dict(t) for t in batch.tags],
    )
    try:
        extra = {"calculate_entropy": False, "compute_loss": False, "temperature": temperature, SCORE_TOP_K: top_k}
        extra |= {KEPT_TEACHER: True} if kept else {}
        compute_log_prob(
            KVBatchMeta(keys=batch.keys, tags=batch.tags, partition_id=PARTITION, fields=None, extra_info=extra)
        )
        wanted = ["log_probs", "response_mask", *([TOP_K_LOG_PROBS] if top_k else [])]
        scored = tq.kv_batch_get(keys=batch.keys, partition_id=PARTITION, select_fields=wanted)
    finally:
        tq.kv_clear(keys=batch.keys, partition_id=PARTITION)
    columns = {TEACHER_LOG_PROBS: rows_of(response_from_nested(scored["log_probs"], scored["response_mask"]))}
    if top_k:
        columns[TEACHER_TOP_K] = rows_of(scored[TOP_K_LOG_PROBS])
    return [dict(zip(columns, values)) for values in zip(*columns.values())]


def _with_ids(row: dict[str, Any], ids: torch.Tensor | None) -> dict[str, Any]:
    return dict(row) if ids is None else {**row, TOP_K_IDS: ids}


def _placeholder(inputs: Sequence[TeacherInput], ids: torch.Tensor | None) -> dict[str, Any]:
    """Two tokens in the place of a rollout without a teacher: verl cuts a batch by count, so no row may be missing."""
    template = next(one.row for one in inputs if one.row)
    token = template["input_ids"][:1]
    row = {
        **dict.fromkeys(("prompts", "responses"), token),
        **dict.fromkeys(("response_mask", "loss_mask"), torch.zeros_like(token)),
        "input_ids": token.repeat(2),
        "position_ids": torch.arange(2).expand(*template["position_ids"].shape[:-1], 2).contiguous(),
        "multi_modal_inputs": {},
    }
    return _with_ids(row, None if ids is None else ids[:1])


def _beside(
    one: TeacherInput, length: int, ids: torch.Tensor | None, score: dict, dealt: bool
) -> dict[str, torch.Tensor]:
    """A rollout's new fields; zeros, and a mask of zeros, where it has no teacher."""
    row = {
        RESPONSIBILITIES: one.responsibilities,
        DISTILL_MASK: torch.full((length,), int(one.row is not None)),
        TEACHER_LOG_PROBS: torch.zeros(length),
    }
    if dealt:
        row[CREDIT] = torch.zeros(length) if one.credit is None else one.credit
    if ids is not None:
        row[TEACHER_TOP_K] = torch.zeros(ids.shape)
    return {**row, **score} if one.row else row


def _tensordict(rows: list[dict[str, torch.Tensor]]) -> TensorDict:
    columns = {
        name: torch.nested.as_nested_tensor([row[name] for row in rows], layout=torch.jagged) for name in rows[0]
    }
    return TensorDict(columns, batch_size=[len(rows)])


def collect(futures: Sequence[Future[TeacherInput]]) -> list[TeacherInput]:
    """What has been built, in order."""
    return [future.result() for future in futures]
