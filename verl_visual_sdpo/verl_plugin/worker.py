"""verl's workers with our engine inside. The trainer puts them in the place of verl's, in its own runs only."""

from __future__ import annotations

from dataclasses import replace

from tensordict import TensorDict
from verl.workers.config import TrainingWorkerConfig
from verl.workers.engine_workers import ActorRolloutRefWorker, TrainingWorker

from verl_visual_sdpo.verl_plugin.patches import sequence_ragged
from verl_visual_sdpo.verl_plugin.register import ENGINE


class VisualTrainingWorker(TrainingWorker):
    """A training worker with the engine of ``engine.py``, safe against rows of one length (see ``sequence_ragged``).

    The engine mends micro-batches; here the batch is mended before it is cut into mini-batches.
    """

    def __init__(self, config: TrainingWorkerConfig) -> None:
        super().__init__(replace(config, model_type=ENGINE))

    def train_mini_batch(self, data: TensorDict) -> TensorDict:
        return super().train_mini_batch(data=_mended(data))

    def infer_batch(self, data: TensorDict) -> TensorDict:
        return super().infer_batch(data=_mended(data))


class VisualWorker(ActorRolloutRefWorker):
    """Actor, rollout and reference in one process, as verl has them."""

    actor_worker_cls = VisualTrainingWorker
    ref_worker_cls = VisualTrainingWorker


def _mended(data: TensorDict) -> TensorDict:
    if "position_ids" in data:
        data["position_ids"] = sequence_ragged(data["position_ids"], data["input_ids"])
    return data
