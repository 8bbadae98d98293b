"""Teacher inputs built elsewhere, in threads or in Ray actors: the same rows, and no failure that ends a step."""

from __future__ import annotations

import pytest
import torch
from omegaconf import OmegaConf
from test_teacher_inputs import SEEN, messages, response  # noqa: F401 - fixtures

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.verl_plugin.dataset import PictureDataset
from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInputs
from verl_visual_sdpo.verl_plugin.teacher_workers import TeacherWorkers

DATA = OmegaConf.create(
    {"custom_cls": {"path": "pkg://verl_visual_sdpo.verl_plugin.dataset", "name": "PictureDataset"}}
)


@pytest.fixture(scope="module")
def cluster():
    import ray

    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


@pytest.fixture
def build(processor):
    def make(**where: int) -> TeacherWorkers:
        return TeacherWorkers(DistillationConfig(), processor.tokenizer, processor, DATA, **where)

    return make


def check_alike(workers: TeacherWorkers, processor, messages, response, count: int) -> None:  # noqa: F811
    alone = TeacherInputs(DistillationConfig(), processor.tokenizer, processor, PictureDataset, {})
    truth = alone.build(messages, response, SEEN).row
    futures = [workers.submit(messages, response, SEEN) for _ in range(count)]
    for future in futures:
        row = future.result().row
        assert torch.equal(row["input_ids"], truth["input_ids"])
        assert torch.equal(row["position_ids"], truth["position_ids"])
        assert torch.equal(row["multi_modal_inputs"]["pixel_values"], truth["multi_modal_inputs"]["pixel_values"])


def test_threads_build_many_at_once_and_alike(build, processor, messages, response):  # noqa: F811
    check_alike(build(workers=0, threads=4), processor, messages, response, 32)


def test_actors_build_the_same_rows_and_may_die(cluster, build, processor, messages, response):  # noqa: F811
    workers = build(workers=1, threads=0)
    check_alike(workers, processor, messages, response, 8)
    actor = next(workers._actors)
    cluster.kill(actor, no_restart=False)
    check_alike(workers, processor, messages, response, 2)
    cluster.kill(actor)
    lost = workers.submit(messages, response, SEEN).result()
    assert lost.skip == "failed" and lost.row is None and len(lost.responsibilities) == len(response)
