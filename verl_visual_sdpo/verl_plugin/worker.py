"""verl's workers with our engine inside. The trainer puts them in the place of verl's, in its own runs only."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tensordict import TensorDict
from verl.single_controller.base.decorator import Dispatch, register
from verl.utils import tensordict_utils as tu
from verl.workers.config import TrainingWorkerConfig
from verl.workers.engine_workers import ActorRolloutRefWorker, TrainingWorker

from verl_visual_sdpo.verl_plugin.patches import sequence_ragged
from verl_visual_sdpo.verl_plugin.register import ENGINE
from verl_visual_sdpo.verl_plugin.teacher_weights import TeacherWeights

KEPT_TEACHER = "visual_sdpo_kept_teacher"  # True in a batch's extra_info: score with the kept weights


class VisualTrainingWorker(TrainingWorker):
    """A training worker with the engine of ``engine.py``, safe against rows of one length (see ``sequence_ragged``).

    The engine mends micro-batches; here the batch is mended before it is cut into mini-batches. ``teacher`` are the
    weights of a teacher that is not the current student.
    """

    teacher: TeacherWeights | None = None

    def __init__(self, config: TrainingWorkerConfig) -> None:
        super().__init__(replace(config, model_type=ENGINE))

    def train_mini_batch(self, data: TensorDict) -> TensorDict:
        self.engine.teacher_forward.kept = self.teacher
        output = super().train_mini_batch(data=_mended(data))
        if self.teacher:
            self.teacher.follow()
        return output

    def infer_batch(self, data: TensorDict) -> TensorDict:
        kept = tu.pop(data, key=KEPT_TEACHER, default=False)
        with self.teacher.swapped_in() if kept else nullcontext():
            return super().infer_batch(data=_mended(data))

    def save_checkpoint(self, local_path: str, *args: Any, **kwargs: Any) -> None:
        super().save_checkpoint(local_path, *args, **kwargs)
        if self.teacher and self.teacher.rate:
            self.teacher.save(self._teacher_file(local_path))

    def load_checkpoint(self, local_path: str, *args: Any, **kwargs: Any) -> None:
        if self.teacher and self.teacher.rate and (file := self._teacher_file(local_path)).exists():
            self.teacher.load(file)
        super().load_checkpoint(local_path, *args, **kwargs)

    def _teacher_file(self, folder: str) -> Path:
        world, rank = torch.distributed.get_world_size(), torch.distributed.get_rank()
        return Path(folder) / f"teacher_world_size_{world}_rank_{rank}.pt"


class VisualWorker(ActorRolloutRefWorker):
    """Actor, rollout and reference in one process, as verl has them."""

    actor_worker_cls = VisualTrainingWorker
    ref_worker_cls = VisualTrainingWorker

    @register(dispatch_mode=Dispatch.ONE_TO_ALL)
    def keep_teacher(self, rate: float) -> None:
        """Before training or loading a checkpoint: keep the weights that the model starts from."""
        self.actor.teacher = TeacherWeights(self.actor.engine.module, rate)


def _mended(data: TensorDict) -> TensorDict:
    if "position_ids" in data:
        data["position_ids"] = sequence_ragged(data["position_ids"], data["input_ids"])
    return data
