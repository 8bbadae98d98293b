"""The teacher's forward inside an update (estimator ``full``): the whole vocabulary at every response position.

A position's logits are as many as the vocabulary has entries (600 KB for 152,000 in float32), too large for the queue.
So the teacher's *rows* travel with the rollouts, and the engine scores them without gradient beside each micro-batch,
just before the student's own forward. Nothing V-sized leaves the worker.

Teacher tokens count: where micro-batches are cut by tokens, the teacher's rows of one are cut by the same budget. All
ranks run the same number of forwards, or the collectives of sharded weights would wait for each other for ever.

Shapes: B rows, T response tokens of a row, Q teacher prompt tokens, R rope axes, M response tokens of rows that have a
teacher, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from tensordict import NonTensorData, TensorDict
from tensordict.tensorclass import NonTensorStack
from verl.utils import tensordict_utils as tu
from verl.utils.device import get_device_name

from verl_visual_sdpo.verl_plugin.columns import plain

# The teacher's rows, beside the rollouts.
TEACHER_IDS = "teacher_input_ids"  # nested (B, Q + T); two tokens where a rollout has no teacher
TEACHER_POSITIONS = "teacher_position_ids"  # nested (B, Q + T, R), or (B, Q + T) for plain rope
TEACHER_PICTURES = "teacher_multi_modal_inputs"  # B dictionaries
DISTILL_MASK = "distill_mask"  # nested (B, T), 1 where the rollout has one


class TeacherForward:
    """Lives in an engine. ``kept``: the weights of a teacher that is not the current student (``TeacherWeights``)."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.kept: Any = None
        self.listening = False
        self._heard: list[torch.Tensor] = []
        self._result: tuple[torch.Tensor, torch.Tensor] | None = None

    @contextmanager
    def beside(self, micro_batch: TensorDict, wanted: dict | None) -> Iterator[None]:
        """Score the micro-batch's teacher rows; the result lies ready for :meth:`take` inside."""
        if not wanted or self.listening:
            yield
            return
        try:
            self._result = self._score(micro_batch, wanted)
            yield
        finally:
            self._result = None

    def take(self) -> tuple[torch.Tensor, torch.Tensor]:
        """(index_M, logits_MV): which response tokens of the micro-batch have a teacher, and its logits there."""
        result, self._result = self._result, None
        return result

    def hear(self, logits: Any) -> None:
        """Called by the engine with the ``ResponseLogits`` of a forward made here."""
        self._heard.append(logits.values_NV)

    # ------------------------------------------------------------------ inside

    @torch.no_grad()
    def _score(self, micro_batch: TensorDict, wanted: dict) -> tuple[torch.Tensor, torch.Tensor]:
        lengths = micro_batch["responses"].offsets().diff().tolist()
        taught = [bool(mask.any()) for mask in micro_batch[DISTILL_MASK].unbind()]
        rows = [row for row, has in enumerate(taught) if has]
        token_taught = torch.tensor(taught).repeat_interleave(torch.tensor(lengths))
        index_M = token_taught.nonzero()[:, 0].to(micro_batch["responses"].device)
        share = wanted["teacher_rate"]
        if wanted["teacher"] == "trust_region":
            # share * log-probs of one + (1 - share) * those of the other, normalised, is the softmax of the same
            # mixture of logits: what differs is a constant of each position.
            logits_MV = self._logits(micro_batch, rows, kept=True).lerp_(self._logits(micro_batch, rows), share)
        else:
            logits_MV = self._logits(micro_batch, rows, kept=wanted["teacher"] != "current")
        return index_M, logits_MV

    def _logits(self, micro_batch: TensorDict, rows: list[int], kept: bool = False) -> torch.Tensor:
        self.listening, self._heard = True, []
        try:
            with self.kept.swapped_in() if kept else nullcontext():
                for part in self._parts(micro_batch, rows):
                    self._engine.forward_step(_rows_of(micro_batch, part or [0], placeholder=not part), None, True)
                    if not part:
                        self._heard.pop()
            return torch.cat(self._heard) if self._heard else torch.empty(0)
        finally:
            self.listening, self._heard = False, []

    def _parts(self, micro_batch: TensorDict, rows: list[int]) -> list[list[int]]:
        """``rows`` in parts within the token budget, as many on each rank; empty ones stand for a placeholder."""
        lengths = micro_batch[TEACHER_IDS].offsets().diff().tolist()
        budget = None
        if tu.get_non_tensor_data(micro_batch, "use_dynamic_bsz", default=True):
            budget = tu.get_non_tensor_data(micro_batch, "max_token_len_per_gpu", default=None)
        parts: list[list[int]] = []
        for row in rows:
            if parts and (budget is None or sum(lengths[i] for i in parts[-1]) + lengths[row] <= budget):
                parts[-1].append(row)
            else:
                parts.append([row])
        most = torch.tensor([len(parts)], device=get_device_name())
        torch.distributed.all_reduce(most, op=torch.distributed.ReduceOp.MAX)
        return parts + [[]] * (int(most) - len(parts))


def _rows_of(micro_batch: TensorDict, rows: list[int], placeholder: bool = False) -> TensorDict:
    """A batch of the teacher's rows; the engine's own switches come along. A placeholder is one row of two tokens."""
    ids, positions = ([micro_batch[name].unbind()[row] for row in rows] for name in (TEACHER_IDS, TEACHER_POSITIONS))
    responses = [micro_batch["responses"].unbind()[row] for row in rows]
    pictures = [plain(micro_batch[TEACHER_PICTURES][row]) for row in rows]
    if placeholder:
        ids, positions, responses, pictures = [ids[0][:2]], [positions[0][:2]], [ids[0][1:2]], [{}]
    prompts = [one[: len(one) - len(response)] for one, response in zip(ids, responses)]
    data = TensorDict(
        {
            "input_ids": _jagged(ids),
            "prompts": _jagged(prompts),
            "responses": _jagged(responses),
            "multi_modal_inputs": NonTensorStack(*pictures),
            "position_ids": _positions(positions),
        },
        batch_size=[len(rows)],
    )
    temperature = micro_batch["temperature"]
    if isinstance(temperature, torch.Tensor) and temperature.dim():
        temperature = temperature[rows]
    tu.assign_non_tensor(data, temperature=temperature)
    columns = {"temperature", *data.keys()}
    for name, value in micro_batch.items():
        if name not in columns and isinstance(value, NonTensorData):  # one for all rows; the others are columns
            tu.assign_non_tensor_data(data, name, value.data)  # as it is: a list is one value, too
    return data


def _positions(rows: list[torch.Tensor]) -> torch.Tensor:
    if rows[0].dim() == 1:
        return _jagged(rows)
    offsets = torch.tensor([0, *(len(row) for row in rows)]).cumsum(0).to(rows[0].device)
    return torch.nested.nested_tensor_from_jagged(torch.cat(rows).T.contiguous(), offsets, jagged_dim=2)


def _jagged(rows: list[torch.Tensor]) -> torch.Tensor:
    offsets = torch.tensor([0, *(len(row) for row in rows)]).cumsum(0).to(rows[0].device)
    return torch.nested.nested_tensor_from_jagged(torch.cat(rows), offsets)
