"""Where teacher inputs are built: in processes on the nodes, beside the student's log-probs.

A picture is decoded, resized and cut into patches, a chat is put through its template: on one core that is tens of
milliseconds a rollout, which for thousands of them would keep the devices waiting. ``workers=0`` builds in threads of
the task runner, as small machines want it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import cycle
from typing import Any

import ray
import torch
from omegaconf import DictConfig
from verl.utils.dataset.rl_dataset import get_dataset_class

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInput, TeacherInputs

logger = logging.getLogger(__name__)

RETRIES = 2  # of a rollout whose worker died
RESTARTS = 100  # of a worker in a run


class TeacherWorkers:
    """Builds the teacher inputs of a run. ``submit`` never raises, and neither do its futures.

    Args:
        tokenizer, processor: the student's, as verl loaded them; ``data_config``: verl's ``data`` group.
        workers: Ray actors, spread over the nodes; 0 for ``threads`` threads of this process.
    """

    def __init__(
        self,
        settings: DistillationConfig,
        tokenizer: Any,
        processor: Any,
        data_config: DictConfig,
        *,
        workers: int,
        threads: int,
    ) -> None:
        made_of = (settings, tokenizer, processor, data_config)
        self._here = None if workers else _make(*made_of)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="teacher-input") if not workers else None
        if workers:
            actor = ray.remote(_Worker).options(
                scheduling_strategy="SPREAD", max_restarts=RESTARTS, max_task_retries=RETRIES
            )
            self._made_of = [ray.put(one) for one in made_of]  # kept: a worker that is started again reads them again
            self._actors = cycle([actor.remote(*self._made_of) for _ in range(workers)])

    def submit(self, messages: Sequence[Any], response_ids: torch.Tensor, *seen: Any) -> Future[TeacherInput]:
        """Start building one rollout's input; arguments as of :meth:`TeacherInputs.build`."""
        if self._threads is not None:
            return self._threads.submit(self._here.build, messages, response_ids, *seen)
        answer: Future[TeacherInput] = Future()

        def tell(built: Future) -> None:
            if (error := built.exception()) is not None:  # the worker died, again and again
                logger.warning("a rollout gets no teacher: %s", error)
            nobody = TeacherInput(torch.zeros(len(response_ids)), skip="failed")
            answer.set_result(nobody if error is not None else built.result())

        next(self._actors).build.remote(messages, response_ids, *seen).future().add_done_callback(tell)
        return answer


class _Worker:
    def __init__(self, *made_of: Any) -> None:
        torch.set_num_threads(1)
        self._inputs = _make(*made_of)

    def build(self, *rollout: Any) -> TeacherInput:
        return self._inputs.build(*rollout)


def _make(settings: DistillationConfig, tokenizer: Any, processor: Any, data_config: DictConfig) -> TeacherInputs:
    return TeacherInputs(settings, tokenizer, processor, get_dataset_class(data_config), data_config)
