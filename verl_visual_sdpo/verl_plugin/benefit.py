"""``teacher/benefit``: is the teacher's prompt worth distilling from? Measured by letting the student answer it.

Every ``visual_sdpo.benefit_every`` steps, the first included, some of the step's rollouts with a teacher are taken, at
most one of each prompt. With the step's new weights, one answer is sampled to the prompt as the student reads it and
one to the prompt as the teacher read it; both are scored by the run's reward. The benefit is the mean difference. At or
below 0 there is nothing to learn from the feedback. Answers are sampled as in training, but live in verl's partition
for validation and are deleted once they are scored: no batch, advantage or loss ever sees them.

verl holds prompts to ``rollout.prompt_length``: a longer one with pictures fails, one without loses its beginning, and
vLLM answers it with a single token. Hence an agent loop of our own (``agent_loop.AnswerEitherPrompt``), and checks at
the start that engine and model have room for the longest teacher prompt and a whole answer (``options``).
"""

from __future__ import annotations

import logging
import random
import statistics
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import transfer_queue as tq
from transfer_queue import KVBatchMeta
from verl.utils import tensordict_utils as tu

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.distillation.teacher import teacher_messages
from verl_visual_sdpo.types import Evidence
from verl_visual_sdpo.verl_plugin.agent_loop import SEED
from verl_visual_sdpo.verl_plugin.columns import plain
from verl_visual_sdpo.verl_plugin.register import ANSWERS
from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput

logger = logging.getLogger(__name__)

REWARDED = ("data_source", "reward_model", "extra_info", "index")  # columns of the data set that a reward may read
PARTITION = "val"  # where verl samples as it validates
NAME = "benefit"  # every key begins with it
SEED_METRIC, SKIPPED = "teacher/benefit_seed", "teacher/benefit_skipped_long"
SIDES = ("student", "teacher")


@dataclass(frozen=True)
class Question:
    """One prompt of the step: as the student read it, as the teacher read it, and what its reward needs."""

    student: Sequence[Mapping[str, Any]]
    teacher: Sequence[Mapping[str, Any]]
    columns: Mapping[str, Any]


class Benefit:
    """The measurement of one run: questions are noted as the teacher works, and asked when the step has ended."""

    def __init__(self, settings: DistillationConfig) -> None:
        self._settings = settings
        self._questions: list[Question] = []
        self._metrics: dict[str, float] = {}

    @property
    def due(self) -> bool:
        """Whether there are questions to ask."""
        return bool(self._questions)

    def note(self, batch: KVBatchMeta, inputs: Sequence[TeacherInput], shown: Sequence[Evidence], step: int) -> None:
        """Choose this step's questions, where it is time to.

        ``inputs`` and ``shown`` (what the teacher read) belong to the rows of ``batch``.
        """
        self._questions = []
        if not self._settings.benefit_every or (step - 1) % self._settings.benefit_every:
            return
        try:
            groups = [str(one["uid"]) for one in _columns(batch, range(len(inputs)), ("uid",))]
            rows = choose(inputs, groups, self._settings.benefit_prompts, self._dice(step))
            fitting = [row for row in rows if inputs[row].row is not None]
            self._metrics[SKIPPED] = float(len(rows) - len(fitting))
            for row, columns in zip(fitting, _columns(batch, fitting, ("raw_prompt", *REWARDED))):
                prompt = list(columns.pop("raw_prompt"))
                taught = teacher_messages(prompt, shown[row], inputs[row].settings)
                self._questions.append(Question(prompt, taught, columns))
        except Exception:  # a measurement may fail, the step may not
            logger.warning("teacher/benefit is not measured in step %d: no questions", step, exc_info=True)

    def measure(self, generate: Callable[[Any], Any], sample: Callable[..., tuple[Any, dict]], step: int) -> None:
        """Ask the questions that were noted, if any, with the weights that the rollout engine now has.

        Args:
            generate: the agent loop manager's ``generate_sequences``; ``sample``: the replay buffer's, which waits.
        """
        questions, self._questions = self._questions, []
        if not questions:
            return
        seed = self._dice(step).getrandbits(32)
        self._metrics[SEED_METRIC] = float(seed)
        keys = {side: [f"{NAME}-{side}-{uuid.uuid4()}" for _ in questions] for side in SIDES}
        try:
            scores = _ask(_batch(questions, keys, seed, step), generate, sample, step)
        except Exception:
            logger.warning("teacher/benefit is not measured in step %d", step, exc_info=True)
            scores = {}
        pairs = [(scores.get(own), scores.get(taught)) for own, taught in zip(keys["student"], keys["teacher"])]
        self._metrics |= benefit(pairs)

    def take(self) -> dict[str, float]:
        """The metrics that were found since the last call."""
        found, self._metrics = self._metrics, {}
        return found

    def _dice(self, step: int) -> random.Random:
        return random.Random(f"{self._settings.ablation_seed} benefit {step}")


def choose(inputs: Sequence[TeacherInput], groups: Sequence[str], most: int, dice: random.Random) -> list[int]:
    """One row of each of at most ``most`` prompts, among those with a teacher and those whose teacher is too long."""
    rows: dict[str, list[int]] = {}
    for row, (one, group) in enumerate(zip(inputs, groups)):
        if one.row is not None or one.skip == "too_long":
            rows.setdefault(group, []).append(row)
    chosen = [dice.choice(of_prompt) for of_prompt in rows.values()]
    return sorted(dice.sample(chosen, min(most, len(chosen))))


def benefit(pairs: Sequence[tuple[float | None, float | None]]) -> dict[str, float]:
    """(student's reward, teacher's reward) of each prompt -> what is logged; None: no answer, or none that was judged.

    The counts are always there; ``teacher/benefit`` where a pair is whole, its standard error where two are.
    """
    whole = [(own, taught) for own, taught in pairs if own is not None and taught is not None]
    found = {
        "teacher/benefit_prompts": float(len(whole)),
        "teacher/benefit_unanswered": float(len(pairs) - len(whole)),
    }
    if not whole:
        return found
    student, teacher = (statistics.fmean(side) for side in zip(*whole))
    found |= {
        "teacher/benefit": teacher - student,
        "teacher/benefit_student": student,
        "teacher/benefit_teacher": teacher,
    }
    if len(whole) > 1:
        deviation = statistics.stdev(taught - own for own, taught in whole)
        found["teacher/benefit_error"] = deviation / len(whole) ** 0.5
    return found


def _ask(batch: Any, generate: Callable, sample: Callable, step: int) -> dict[str, float]:
    """Rewards of the answers that came and were judged, by ``uid``."""
    asked = [str(plain(uid)) for uid in batch["uid"]]
    tags = [{"is_prompt": True, "status": "pending", "global_steps": step} for _ in asked]
    tq.kv_batch_put(keys=asked, partition_id=PARTITION, tags=tags)
    try:
        generate(batch)
        answers, _ = sample(global_steps=step, partition_id=PARTITION, batch_size=len(asked))
        return _scores(answers) if answers.keys else {}
    finally:  # or the next validation would find them
        left = [key for key in (tq.kv_list(PARTITION) or {}).get(PARTITION, {}) if key.startswith(f"{NAME}-")]
        if left:
            tq.kv_clear(keys=left, partition_id=PARTITION)


def _batch(questions: Sequence[Question], keys: dict, seed: int, step: int) -> Any:
    """Both prompts of each question, as the agent loop workers take them; a question's two answers share a seed."""
    names = [name for name in questions[0].columns if all(name in one.columns for one in questions)]
    columns = {name: _objects([one.columns[name] for one in questions] * 2) for name in names}
    columns.setdefault("index", _objects(range(2 * len(questions))))  # verl's traces ask for it
    batch = tu.get_tensordict(
        {
            "raw_prompt": _objects([list(getattr(one, side)) for side in SIDES for one in questions]),
            "uid": _objects([*keys["student"], *keys["teacher"]]),
            "agent_name": _objects([ANSWERS] * (2 * len(questions))),
            "__rollout_n__": _objects([1] * (2 * len(questions))),
            SEED: _objects([(seed + number) % 2**32 for number in range(len(questions))] * 2),
            **columns,
        }
    )
    tu.assign_non_tensor_data(batch, "global_steps", step)
    tu.assign_non_tensor_data(batch, "validate", True)
    return batch


def _columns(batch: KVBatchMeta, rows: Sequence[int], names: Sequence[str]) -> list[dict[str, Any]]:
    """Of each row, those columns among ``names`` that there are."""
    if not rows:
        return []
    keys = [batch.keys[row] for row in rows]
    data = tq.kv_batch_get(keys=keys, partition_id=batch.partition_id, select_fields=list(names))
    found = set(data.keys())
    columns = {name: [plain(value) for value in data[name]] for name in names if name in found}
    return [dict(zip(columns, values)) for values in zip(*columns.values())]


def _scores(answers: KVBatchMeta) -> dict[str, float]:
    data = tq.kv_batch_get(
        keys=answers.keys, partition_id=answers.partition_id, select_fields=["uid", "rm_scores", "extra_fields"]
    )
    found = {}
    for uid, scores, extra in zip(data["uid"], data["rm_scores"].unbind(), data["extra_fields"]):
        info = (plain(extra) or {}).get("reward_extra_info") or {}
        if not info.get("undetermined"):  # our own failure is no score
            found[str(plain(uid))] = float(scores.sum())
    return found


def _objects(values: Any) -> np.ndarray:
    values = list(values)
    array = np.empty(len(values), dtype=object)
    for number, value in enumerate(values):  # one by one: numpy would make a table of lists of one length
        array[number] = value
    return array
