"""``teacher/benefit``: is the teacher's prompt worth distilling from? Measured by asking it.

Every ``visual_sdpo_plugin.benefit_every`` steps a few of the step's prompts are answered twice with the step's new
weights: as the student reads them, and with the feedback behind them. Both are sampled and scored as in validation; the
benefit is the mean difference of their rewards. At or below 0 there is nothing to learn from the feedback.

It costs two short answers a prompt, and nothing else waits for it but the end of that step.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import transfer_queue as tq
from transfer_queue import KVBatchMeta
from verl.utils import tensordict_utils as tu

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.teacher import teacher_messages
from verl_visual_sdpo.types import Evidence

COLUMNS = ("data_source", "reward_model", "extra_info", "index")  # of the data set, which a reward may read
PARTITION = "val"  # where verl samples as it validates


@dataclass(frozen=True)
class Question:
    """One prompt of the step: as the student read it, as the teacher read it, and the rest of its row."""

    student: Sequence[Mapping[str, Any]]
    teacher: Sequence[Mapping[str, Any]]
    columns: Mapping[str, Any]


def questions_of(
    batch: KVBatchMeta,
    prompts: Sequence[Sequence[Mapping[str, Any]]],
    evidence: Sequence[Evidence],
    groups: Sequence[str | None],
    settings: DistillationConfig,
    most: int,
) -> list[Question]:
    """One rollout of each of the first ``most`` prompts. ``groups``: the prompt of each row, None without a teacher."""
    of_prompt = {group: row for row, group in enumerate(groups) if group is not None}
    chosen = sorted(of_prompt.values())[:most]
    if not chosen:
        return []
    keys = [batch.keys[row] for row in chosen]
    data = tq.kv_batch_get(keys=keys, partition_id=batch.partition_id, select_fields=list(COLUMNS))
    there = set(data.keys())
    columns = {name: [getattr(value, "data", value) for value in data[name]] for name in COLUMNS if name in there}
    return [
        Question(
            list(prompts[row]),
            teacher_messages(list(prompts[row]), evidence[row], settings),
            {name: values[number] for name, values in columns.items()},
        )
        for number, row in enumerate(chosen)
    ]


def measure(
    questions: Sequence[Question],
    generate: Callable[[Any], Any],
    sample: Callable[..., tuple[Any, dict]],
    global_steps: int,
) -> dict[str, float]:
    """Metrics of both answers to each question; {} where there is no question.

    Args:
        generate: the agent loop manager's ``generate_sequences``.
        sample: the replay buffer's, which waits for the answers.
    """
    if not questions:
        return {}
    sides = {"student": [one.student for one in questions], "teacher": [one.teacher for one in questions]}
    keys = {side: [f"benefit-{side}-{uuid.uuid4()}" for _ in questions] for side in sides}
    batch = _batch(questions, sides, keys, global_steps)
    tags = [{"is_prompt": True, "status": "pending", "global_steps": global_steps} for _ in range(len(batch))]
    tq.kv_batch_put(keys=[*keys["student"], *keys["teacher"]], partition_id=PARTITION, tags=tags)
    generate(batch)
    answers, _ = sample(global_steps=global_steps, partition_id=PARTITION, batch_size=len(tags))
    scores = _scores(answers)
    tq.kv_clear(keys=answers.keys, partition_id=PARTITION)
    pairs = [(scores.get(a), scores.get(b)) for a, b in zip(keys["student"], keys["teacher"])]
    return benefit([(a, b) for a, b in pairs if a is not None and b is not None])


def benefit(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """(student's reward, teacher's reward) a prompt -> ``teacher/benefit`` and its parts; {} for no pair."""
    if not pairs:
        return {}
    student, teacher = (sum(side) / len(pairs) for side in zip(*pairs))
    return {
        "teacher/benefit": teacher - student,
        "teacher/benefit_student": student,
        "teacher/benefit_teacher": teacher,
        "teacher/benefit_prompts": float(len(pairs)),
    }


def _batch(questions: Sequence[Question], sides: dict, keys: dict, global_steps: int) -> Any:
    names = [name for name in COLUMNS if all(name in one.columns for one in questions)]
    columns = {name: _objects([_scalar(one.columns[name]) for one in questions] * 2) for name in names}
    columns.setdefault("index", _objects(range(2 * len(questions))))  # verl's traces ask for it
    batch = tu.get_tensordict(
        {
            "raw_prompt": _objects([list(messages) for side in ("student", "teacher") for messages in sides[side]]),
            "uid": _objects([*keys["student"], *keys["teacher"]]),
            "__rollout_n__": _objects([1] * (2 * len(questions))),
            **columns,
        }
    )
    tu.assign_non_tensor_data(batch, "global_steps", global_steps)
    tu.assign_non_tensor_data(batch, "validate", True)
    return batch


def _scores(answers: Any) -> dict[str, float]:
    """Reward by prompt; those that our machinery failed to judge are left out."""
    fields = ["uid", "rm_scores", "extra_fields"]
    data = tq.kv_batch_get(keys=answers.keys, partition_id=answers.partition_id, select_fields=fields)
    rows = zip(data["uid"], data["rm_scores"].unbind(), data["extra_fields"])
    found = {}
    for uid, scores, extra in rows:
        info = (getattr(extra, "data", extra) or {}).get("reward_extra_info") or {}
        if not info.get("undetermined"):
            found[str(getattr(uid, "data", uid))] = float(scores.sum())
    return found


def _scalar(value: Any) -> Any:
    return value.item() if isinstance(value, torch.Tensor) and value.numel() == 1 else value


def _objects(values: Sequence[Any]) -> np.ndarray:
    array = np.empty(len(values), dtype=object)
    for number, value in enumerate(values):  # one by one: numpy would make a table of lists of one length
        array[number] = value
    return array
