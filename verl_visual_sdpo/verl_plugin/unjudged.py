"""Rollouts that our own machinery failed to judge: left out of every statistic, advantage and loss.

    groups      one of their own, so that they touch no other's mean or deviation
    advantages  0
    losses      their response mask is 0: neither policy loss nor KL, entropy or token count sees them
    metrics     as rows that verl adds to fill a batch; in validation their numbers are those of their prompt's others

Rows that verl itself adds as a filling are treated alike. Shapes: a nested tensor holds one value per response token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any

import torch
import transfer_queue as tq
from tensordict import TensorDict
from transfer_queue import KVBatchMeta
from verl.utils.tensordict_utils import get_tensordict

MASKS = ("response_mask", "loss_mask")
KEY = "undetermined"  # of the reward's row
OF_SCORES = ("critic/score/", "critic/rewards/")


def leave_out(batch: KVBatchMeta, rows: Sequence[int], mini_batch: int) -> None:
    """Take ``rows`` out of groups and losses; before advantages are computed.

    verl divides a loss by the tokens of a mini-batch of ``mini_batch`` rows. When so many rows are left out that one
    might hold nothing else, each keeps its first token, with an advantage of 0, so that nothing is divided by zero.
    """
    if not rows:
        return
    keys = [batch.keys[row] for row in rows]
    alone = get_tensordict({"uid": [f"unjudged-{key}" for key in keys]})
    tq.kv_batch_put(keys=keys, partition_id=batch.partition_id, fields=alone)
    _blank(batch, keys, MASKS, keep_first=len(rows) >= mini_batch)


def without_advantage(batch: KVBatchMeta, rows: Sequence[int]) -> KVBatchMeta:
    """Zero what the estimator made of ``rows``."""
    if rows:
        _blank(batch, [batch.keys[row] for row in rows], ("advantages", "returns"))
    return batch


def as_filling(batch: KVBatchMeta, rows: Sequence[int]) -> KVBatchMeta:
    """The batch as verl's own metrics should see it: ``rows`` are tagged as a filling, which they leave out."""
    left_out = set(rows)
    tags = [tag | {"is_padding": True} if row in left_out else tag for row, tag in enumerate(batch.tags)]
    return replace(batch, tags=tags)


def drop_scores(metrics: dict[str, Any]) -> None:
    """Remove the statistics of scores, in place: for a step in which nothing was judged."""
    for name in [name for name in metrics if name.startswith(OF_SCORES)]:
        del metrics[name]


def judged_only(uids: Sequence[str], infos: Mapping[str, Sequence[Any]]) -> dict[str, list[Any]]:
    """Validation columns with the numbers of unjudged rows replaced: by the mean of the judged rows of their prompt,
    which leaves that mean as it is, or by None where there are none, which verl leaves out."""
    unjudged = [bool(flag) for flag in infos.get(KEY, [])]
    if not any(unjudged):
        return {name: list(values) for name, values in infos.items()}
    rows_of: dict[str, list[int]] = {}
    for row, (uid, left_out) in enumerate(zip(uids, unjudged)):
        rows_of.setdefault(uid, [])
        if not left_out:
            rows_of[uid].append(row)

    def mended(name: str, values: Sequence[Any]) -> list[Any]:
        if name == KEY or not any(isinstance(value, Real) for value in values):
            return list(values)
        means = {uid: _mean([values[row] for row in rows]) for uid, rows in rows_of.items()}
        return [means[uid] if left_out else value for uid, left_out, value in zip(uids, unjudged, values)]

    return {name: mended(name, values) for name, values in infos.items()}


def _mean(values: Sequence[Any]) -> float | None:
    numbers = [float(value) for value in values if isinstance(value, Real)]
    return sum(numbers) / len(numbers) if numbers else None


def _blank(batch: KVBatchMeta, keys: Sequence[str], fields: Sequence[str], *, keep_first: bool = False) -> None:
    data = tq.kv_batch_get(keys=list(keys), partition_id=batch.partition_id, select_fields=list(fields))
    zeros = {name: _zeros(column, keep_first) for name, column in data.items()}
    tq.kv_batch_put(keys=list(keys), partition_id=batch.partition_id, fields=TensorDict(zeros, batch_size=[len(keys)]))


def _zeros(nested: torch.Tensor, keep_first: bool) -> torch.Tensor:
    values = torch.zeros_like(nested.values())
    if keep_first:
        values[nested.offsets()[:-1][nested.offsets().diff() > 0]] = 1
    return torch.nested.nested_tensor_from_jagged(values, nested.offsets())
