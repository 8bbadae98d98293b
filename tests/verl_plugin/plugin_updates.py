"""Rollouts with everything that an update reads, and the gradients that the engine makes of them.

Shapes: T response tokens, V vocabulary.
"""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from plugin_rows import TEMPERATURE, as_queue_returns, with_extra
from torch.distributed.tensor import DTensor

from verl_visual_sdpo.config import DistillationConfig
from verl_visual_sdpo.verl_plugin.engine import SCORE_TOP_K, TOP_K_IDS
from verl_visual_sdpo.verl_plugin.loss import DISTILL_MASK, RESPONSIBILITIES, TEACHER_LOG_PROBS, TEACHER_TOP_K
from verl_visual_sdpo.verl_plugin.teacher_forward import TEACHER_IDS, TEACHER_PICTURES, TEACHER_POSITIONS

LENGTHS, TEXTS = [9, 5, 7, 12], ["Draw a bar chart.", "Plot.", "Draw a line and then a bar.", "Draw a pie."]
FEEDBACK = ["", " The bar is red.", " Two labels overlap, and the line is cut off.", " Nothing."]


def new_actor() -> Any:
    """verl's actor config of the tests: one mini-batch of four rows."""
    from verl.workers.config import FSDPActorConfig

    return FSDPActorConfig(
        strategy="fsdp2", rollout_n=1, ppo_mini_batch_size=4, ppo_micro_batch_size_per_gpu=2, use_torch_compile=False
    )


def new_training_worker(
    path: Any, worker_class: type, *, model: dict[str, Any] | None = None, optimizer: str = "AdamW", **engine: Any
) -> Any:
    """A training worker around the tiny model at ``path``: fp32, FSDP2, over the ranks of the environment."""
    from verl.workers.config import FSDPEngineConfig, FSDPOptimizerConfig, HFModelConfig, TrainingWorkerConfig

    settings = {
        "use_remove_padding": False,
        "enable_gradient_checkpointing": False,
        "override_config": {"attn_implementation": "sdpa"},
        **(model or {}),
    }
    model_config = HFModelConfig(path=str(path), external_lib="verl_visual_sdpo.verl_plugin.processor", **settings)
    engine_config = FSDPEngineConfig(
        strategy="fsdp2",
        use_torch_compile=False,
        mixed_precision={"param_dtype": "fp32", "reduce_dtype": "fp32"},
        micro_batch_size_per_gpu=2,
        infer_micro_batch_size_per_gpu=2,
        use_dynamic_bsz=False,
        max_token_len_per_gpu=256,
        infer_max_token_len_per_gpu=256,
        **engine,
    )
    optimizer_config = FSDPOptimizerConfig(lr=1e-3, total_training_steps=100, clip_grad=1.0, optimizer=optimizer)
    config = TrainingWorkerConfig(
        model_type="language_model",
        model_config=model_config,
        engine_config=engine_config,
        optimizer_config=optimizer_config,
    )
    worker = worker_class(config)
    worker.reset()
    return worker


def rollouts_of(batch: Any, vocabulary: int) -> SimpleNamespace:
    """``.rows`` and ``.data``: the first has no teacher. ``.teacher`` (T, V) is a random one that knows all entries
    (for top-k at K = V); ``.teacher_rows`` are of a teacher that the engine runs itself (estimator ``full``)."""
    made = batch(LENGTHS, TEXTS)
    told = batch(LENGTHS, [text + more for text, more in zip(TEXTS, FEEDBACK)]).rows
    torch.manual_seed(1)
    teachers = []
    for number, (length, row, teacher_row) in enumerate(zip(LENGTHS, made.rows, told)):
        assert torch.equal(row["responses"], teacher_row["responses"])
        teacher = torch.randn(length, vocabulary).log_softmax(-1)
        teachers.append(teacher)
        if not number:
            teacher_row = {
                "input_ids": row["input_ids"][:2],
                "position_ids": row["position_ids"][:, :2],
                "multi_modal_inputs": {},
            }
        row |= {
            "old_log_probs": torch.full((length,), -7.0) + 0.1 * torch.randn(length),
            "advantages": torch.randn(1).expand(length).clone(),
            RESPONSIBILITIES: torch.rand(length),
            DISTILL_MASK: torch.full((length,), int(number > 0)),
            TEACHER_LOG_PROBS: teacher.gather(-1, row["responses"][:, None])[:, 0],
            TEACHER_TOP_K: teacher,
            TOP_K_IDS: torch.arange(vocabulary, dtype=torch.int32).repeat(length, 1),
            TEACHER_IDS: teacher_row["input_ids"],
            TEACHER_POSITIONS: teacher_row["position_ids"].T.contiguous(),
            TEACHER_PICTURES: teacher_row["multi_modal_inputs"],
        }
    return SimpleNamespace(rows=made.rows, data=as_queue_returns(made.rows), teacher=teachers, teacher_rows=told)


def ours(actor: Any, **settings: Any) -> Any:
    from verl_visual_sdpo.verl_plugin.loss import visual_sdpo_loss

    return partial(visual_sdpo_loss, config=actor, settings=DistillationConfig(**settings))


def grpo(actor: Any) -> Any:
    from verl.workers.utils.losses import ppo_loss

    return partial(ppo_loss, config=actor)


def loss_and_gradients(worker: Any, loss: Any, data: Any, **extra: Any) -> tuple[float, dict[str, torch.Tensor]]:
    """The whole batch as one mini-batch through the engine, without a step. ``extra``: switches of the layout."""
    fixed = {"use_fused_kernels": False, "use_dynamic_bsz": False, "micro_batch_size_per_gpu": 2, SCORE_TOP_K: True}
    extra = {"global_batch_size": 4, "temperature": TEMPERATURE, **fixed, **extra}
    engine = worker.engine
    with engine.train_mode():
        engine.optimizer_zero_grad()
        output = engine.forward_backward_batch(with_extra(data, **extra), loss, forward_only=False)
        gradients = {name: local(p.grad) for name, p in engine.module.named_parameters() if p.grad is not None}
    return sum(output["loss"]), gradients


def gradients(*args: Any, **extra: Any) -> dict[str, torch.Tensor]:
    return loss_and_gradients(*args, **extra)[1]


def local(parameter: torch.Tensor) -> torch.Tensor:
    """A copy of the whole, whatever shard of it lies here."""
    value = parameter.detach()
    return value.full_tensor().clone() if isinstance(value, DTensor) else value.clone()  # one rank: no copy by itself


def assert_same_gradients(found: dict[str, torch.Tensor], truth: dict[str, torch.Tensor], tolerance: float = 2e-6):
    """Equal to ``tolerance`` of the largest entry, which is asserted not to be nothing."""
    assert set(found) == set(truth)
    largest = max(float(gradient.abs().max()) for gradient in truth.values())
    assert largest > 1e-3, "there is something to compare"
    for name, gradient in truth.items():
        torch.testing.assert_close(found[name], gradient, atol=tolerance * max(largest, 1.0), rtol=1e-3, msg=name)
