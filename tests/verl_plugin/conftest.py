"""A tiny real Qwen3-VL, a CPU, and verl's training worker in this very process: no Ray, no mocks.

Shapes: B rows, P prompt tokens, T response tokens.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import MethodType, SimpleNamespace
from typing import Any

import pytest
import torch
from PIL import Image
from plugin_rows import as_queue_returns, png
from plugin_updates import new_actor, new_training_worker, rollouts_of
from ports import free_port


@pytest.fixture(scope="session")
def model_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from verl_visual_sdpo.data.tiny_model import build_tiny_model

    texts = ["Draw a bar chart.\nimport matplotlib.pyplot as plt\nplt.bar([1, 2], [3, 4])\nplt.show()\n"]
    return build_tiny_model(tmp_path_factory.mktemp("model"), seed=0, texts=texts * 4)


@pytest.fixture(scope="session")
def processor(model_path: Path) -> Any:
    """As verl hands it to the trainer: with the model's rope index bound to it."""
    from verl.utils import hf_processor

    import verl_visual_sdpo.verl_plugin.processor  # noqa: F401

    return hf_processor(str(model_path))


@pytest.fixture(scope="session")
def cpu() -> None:
    """verl's platform is the CPU, and this process is the only rank."""
    from verl.plugin.platform.platform_manager import set_platform

    from verl_visual_sdpo.verl_plugin.cpu import CpuPlatform

    set_platform(CpuPlatform())
    rank = {"RANK": "0", "WORLD_SIZE": "1", "LOCAL_RANK": "0"}
    os.environ.update(rank, MASTER_ADDR="127.0.0.1", MASTER_PORT=str(free_port()))
    yield
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


@pytest.fixture(scope="session")
def plain_forwards() -> dict[type, Any]:
    """transformers' own forwards, taken before verl replaces those of the classes (models/transformers/qwen3_vl.py)."""
    from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLForConditionalGeneration, Qwen3VLModel

    return {cls: cls.forward for cls in (Qwen3VLForConditionalGeneration, Qwen3VLModel)}


@pytest.fixture(scope="session")
def plain_model(model_path: Path, plain_forwards: dict[type, Any]) -> Any:
    """The same weights in transformers alone."""
    from transformers import Qwen3VLForConditionalGeneration

    model = Qwen3VLForConditionalGeneration.from_pretrained(str(model_path), attn_implementation="sdpa").eval()
    for module in (model, model.model):
        module.forward = MethodType(plain_forwards[type(module)], module)
    return model


@pytest.fixture(scope="session")
def new_worker(cpu: None, plain_model: Any, model_path: Path) -> Callable[[type], Any]:
    """``new_worker(worker_class, model={...}, **engine)`` -> a training worker around the tiny model, fp32, FSDP2, one
    rank."""
    return partial(new_training_worker, model_path)


@pytest.fixture(scope="session")
def worker(new_worker: Callable[[type], Any]) -> Any:
    from verl_visual_sdpo.verl_plugin.worker import VisualTrainingWorker

    return new_worker(VisualTrainingWorker)


@pytest.fixture
def batch(processor: Any) -> Callable[..., SimpleNamespace]:
    """``batch(lengths, texts)`` -> rollouts as the TransferQueue returns them (``.data``) and their ``.rows``."""
    from verl_visual_sdpo.config import DistillationConfig
    from verl_visual_sdpo.types import Evidence
    from verl_visual_sdpo.verl_plugin.dataset import PictureDataset
    from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInputs

    def build(lengths: list[int], texts: list[str], seed: int = 0) -> SimpleNamespace:
        torch.manual_seed(seed)
        builder = TeacherInputs(DistillationConfig(), processor.tokenizer, processor, PictureDataset, {})
        rows = []
        for length, text in zip(lengths, texts):
            picture = Image.open(io.BytesIO(png("blue")))
            content = [{"type": "image", "image": picture}, {"type": "text", "text": text}]
            response = torch.randint(20, len(processor.tokenizer), (length,))
            evidence = Evidence(determined=True, status="ok", rubric="{}")
            rows.append(dict(builder.build([{"role": "user", "content": content}], response, evidence).row))
        return SimpleNamespace(rows=rows, data=as_queue_returns(rows))

    return build


@pytest.fixture(scope="session")
def actor() -> Any:
    return new_actor()


@pytest.fixture
def rollouts(batch: Callable[..., SimpleNamespace], plain_model: Any) -> SimpleNamespace:
    return rollouts_of(batch, plain_model.config.text_config.vocab_size)
