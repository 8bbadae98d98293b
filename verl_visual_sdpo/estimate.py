"""What a recipe will need: memory of one accelerator phase by phase, host memory, and seconds of a step.

Plain arithmetic over the composed configuration and the model's own ``config.json``; nothing is loaded. Every line of
the result carries its formula. Symbols: P parameters, P_t trained ones, N ranks that share them, V vocabulary, H hidden
size, D decoder layers, L tokens of the longest micro-batch, R response tokens of it.

Measured parts (tests/test_estimate.py): parameters, gradients, Adam's state, the kept teacher, saved activations.
Assumed parts: how much of the peak speed is reached (``Machine.mfu``), what the allocator wastes (``WASTE``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError

GB = 1e9
WASTE = 0.08  # of the sum: fragments of the allocator and workspaces of libraries
CONTEXT_GB = 2.0  # CUDA context and NCCL buffers of one process
ENGINE_GB = 4.0  # what a rollout engine's own forward works with, its CUDA graphs included
TEXT = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
VISION = ("hidden_size", "intermediate_size", "depth", "out_hidden_size", "patch_size", "num_position_embeddings")

QWEN3_VL_8B = {
    "tie_word_embeddings": False,
    "text_config": dict(zip(TEXT, (4096, 12288, 36, 32, 8)))
    | {"head_dim": 128, "vocab_size": 151936, "max_position_embeddings": 262144},
    "vision_config": dict(zip(VISION, (1152, 4304, 27, 4096, 16, 2304)))
    | {"deepstack_visual_indexes": [8, 16, 24], "spatial_merge_size": 2, "temporal_patch_size": 2, "in_channels": 3},
}
"""The published shape, for a recipe that names the model without having it at hand."""
KNOWN = {"Qwen/Qwen3-VL-8B-Instruct": QWEN3_VL_8B, "Qwen/Qwen3-VL-8B-Thinking": QWEN3_VL_8B}


@dataclass(frozen=True, slots=True)
class ModelShape:
    """As much of a Qwen3-VL as sizes depend on. ``layer``: parameters of one decoder layer."""

    parameters: int
    layer: int
    layers: int
    hidden: int
    intermediate: int
    vocabulary: int
    attention: int  # width of queries, keys and values together, per token
    kv: int  # width of keys and values together, per token
    positions: int  # tokens that a row may have; 0 where the model does not tell

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ModelShape:
        """From the dictionary of a ``config.json``. Raises InvalidInputError for a model of another build."""
        try:
            text, vision = config["text_config"], config["vision_config"]
            h, i, layers, heads, kv_heads = (text[name] for name in TEXT)
            head_dim, vocabulary = text.get("head_dim") or h // heads, text["vocab_size"]
            layer = h * head_dim * (2 * heads + 2 * kv_heads) + 2 * head_dim + 3 * h * i + 2 * h
            embeddings = vocabulary * h * (1 if config.get("tie_word_embeddings") else 2)
            parameters = embeddings + layers * layer + h + _vision_parameters(vision)
        except (KeyError, TypeError) as error:
            raise InvalidInputError(
                f"the model's config.json is not a Qwen3-VL's ({error!r} is missing); this estimate knows no other"
            ) from error
        attention, kv = head_dim * (heads + 2 * kv_heads), 2 * head_dim * kv_heads
        positions = text.get("max_position_embeddings") or 0
        return cls(parameters, layer, layers, h, i, vocabulary, attention, kv, positions)


def _vision_parameters(vision: Mapping[str, Any]) -> int:
    h, i, depth, out, patch, positions = (vision[name] for name in VISION)
    wide = h * vision["spatial_merge_size"] ** 2
    embed = vision.get("in_channels", 3) * vision["temporal_patch_size"] * patch**2 * h + h + positions * h
    block = 4 * h + (3 * h * h + 3 * h) + (h * h + h) + (2 * h * i + i + h)
    merger = wide * wide + wide + wide * out + out
    deep = len(vision.get("deepstack_visual_indexes") or ())
    return embed + depth * block + (merger + 2 * h) + deep * (merger + 2 * wide)


@dataclass(frozen=True)  # no slots: its defaults are read from the class
class Machine:
    """One accelerator. Defaults: an 80 GB H100 at the shares of its peak that long sequences usually reach."""

    memory_gb: float = 80.0
    tflops: float = 989.0  # dense bf16
    bandwidth_tbs: float = 3.35
    mfu: float = 0.35  # of a forward and backward pass
    decode_efficiency: float = 0.5  # of the bandwidth, while sampling


@dataclass(frozen=True, slots=True)
class Line:
    """One addend. ``when`` is the phase it belongs to, or ``always``."""

    when: str
    what: str
    gigabytes: float
    formula: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """``memory`` of one rank's accelerator, ``host`` memory a rank, ``seconds`` of a step by phase.

    What ``engine`` holds must find room in the ``engine_room`` gigabytes of the rollout engine, or it does not start.
    """

    shape: ModelShape
    memory: tuple[Line, ...]
    host: tuple[Line, ...]
    seconds: tuple[tuple[str, float, str], ...]
    engine: tuple[Line, ...] = ()
    engine_room: float = 0.0

    def peaks(self) -> dict[str, float]:
        """Gigabytes by phase, what is always there and the allocator's waste included."""
        always = sum(line.gigabytes for line in self.memory if line.when == "always")
        phases = dict.fromkeys(line.when for line in self.memory if line.when != "always")
        return {
            phase: (always + sum(x.gigabytes for x in self.memory if x.when == phase)) * (1 + WASTE) for phase in phases
        }

    @property
    def engine_needs(self) -> float:
        """Gigabytes inside the rollout engine before its first request; 0 where there is none."""
        return sum(line.gigabytes for line in self.engine)


def shape_of(model: str, config_file: str = "") -> ModelShape:
    """The shape of the model that a recipe names: from ``config_file``, its folder, or the published ones.

    Raises:
        InvalidInputError: it is neither a folder nor known.
    """
    path = Path(config_file) if config_file else Path(model) / "config.json"
    if path.is_file():
        return ModelShape.of(json.loads(path.read_text(encoding="utf-8")))
    if config_file or model not in KNOWN:
        raise InvalidInputError(
            f"{path} does not exist, and the shape of {model!r} is not built in ({', '.join(KNOWN)}): give its "
            "config.json with --model-config"
        )
    return ModelShape.of(KNOWN[model])


def estimate(config: Mapping[str, Any], shape: ModelShape, machine: Machine = Machine()) -> Estimate:  # noqa: B008
    """The need of a composed recipe (a plain mapping of verl's ``ppo_trainer`` keys with ours)."""
    run = _Run.of(config, shape)
    room = run.gpu_share * machine.memory_gb
    engine = tuple(_engine(run)) if run.gpu_share else ()
    return Estimate(shape, tuple(_memory(run, machine)), tuple(_host(run)), tuple(_seconds(run, machine)), engine, room)


@dataclass(frozen=True, slots=True)
class _Run:
    """The numbers of a recipe that the formulas use."""

    shape: ModelShape
    ranks: int
    parallel: int  # Ulysses
    trained: int
    lora: bool
    offload: bool
    unsharded_gradients: bool
    width: int  # bytes of a weight at rest
    checkpointing: bool
    update_tokens: int
    pass_tokens: int
    response: int
    prompt: int
    teacher_prompt: int
    rows: int
    epochs: int
    teacher: str
    estimator: str
    top_k: int
    gpu_share: float
    tensor_parallel: int
    row: int

    @classmethod
    def of(cls, config: Mapping[str, Any], shape: ModelShape) -> _Run:
        group, data, trainer = config["actor_rollout_ref"], config["data"], config["trainer"]
        actor, rollout, model, ours = group["actor"], group["rollout"], group["model"], config["visual_sdpo"]
        fsdp = actor["fsdp_config"]
        rank = model.get("lora_rank", 0) or 0
        response, prompt = data["max_response_length"], data["max_prompt_length"]
        active = ours["kl_coef"] > 0
        teacher_prompt = ours["max_teacher_prompt_length"] if active else 0
        fixed = (prompt + response) * (actor.get("ppo_micro_batch_size_per_gpu") or 1)
        update = actor["ppo_max_token_len_per_gpu"] if actor["use_dynamic_bsz"] else fixed
        longest = max(teacher_prompt, prompt) + response
        fixed = longest * (rollout.get("log_prob_micro_batch_size_per_gpu") or 1)
        scored = rollout["log_prob_max_token_len_per_gpu"] if rollout["log_prob_use_dynamic_bsz"] else fixed
        return cls(
            shape=shape,
            ranks=trainer["n_gpus_per_node"] * trainer["nnodes"],
            parallel=actor["ulysses_sequence_parallel_size"],
            trained=_lora_parameters(shape, rank) if rank else shape.parameters,
            lora=bool(rank),
            offload=bool(fsdp.get("param_offload")) and bool(fsdp.get("optimizer_offload")),
            width=2 if str(fsdp.get("model_dtype") or "fp32") in ("bf16", "bfloat16", "fp16", "float16") else 4,
            unsharded_gradients=bool(fsdp.get("use_no_sync_for_gradient_accumulation")),
            checkpointing=bool(model["enable_gradient_checkpointing"]),
            update_tokens=update,
            pass_tokens=scored,
            response=response,
            prompt=prompt,
            teacher_prompt=teacher_prompt,
            rows=data["train_batch_size"] * rollout["n"],
            epochs=actor["ppo_epochs"],
            teacher=ours["teacher"] if active else "none",
            estimator=ours["estimator"] if active else "none",
            top_k=ours["top_k"],
            gpu_share=rollout["gpu_memory_utilization"] if rollout["name"] in ("vllm", "sglang") else 0.0,
            tensor_parallel=rollout["tensor_model_parallel_size"],
            row=rollout.get("max_model_len") or shape.positions,
        )

    @property
    def response_tokens(self) -> float:
        """R: of an update's micro-batch, with rows as long as they may be."""
        return self.update_tokens * self.response / (self.prompt + self.response)


def _lora_parameters(shape: ModelShape, rank: int) -> int:
    """All linear layers of the decoder: (inputs + outputs) * rank each."""
    h, i, attention = shape.hidden, shape.intermediate, shape.attention
    queries = attention - shape.kv
    per_layer = (h + queries) + 2 * (h + shape.kv // 2) + (queries + h) + 3 * (h + i)
    return shape.layers * per_layer * rank


def _memory(run: _Run, machine: Machine) -> list[Line]:
    shape, n, b = run.shape, run.ranks, run.width
    frozen = shape.parameters if run.lora else 0
    resident = "update" if run.offload else "always"
    lines = [
        Line("always", "context", CONTEXT_GB, "CUDA context and communication buffers"),
        Line(resident, "weights", b * (run.trained + frozen) / n / GB, f"{b} P / N (shards of model_dtype)"),
        Line(resident, "Adam's moments", 2 * b * run.trained / n / GB, f"{2 * b} P_t / N"),
        Line("update", "gradients", b * run.trained / (1 if run.unsharded_gradients else n) / GB, _gradients(run)),
        *_gathered(run, "update"),
        *_activations(run),
        *_update_logits(run),
    ]
    lines += [*_gathered(run, "log-probs"), _pass_logits(run, "log-probs", extra=run.top_k)]
    if run.teacher != "none" and run.estimator != "full":
        lines += [*_gathered(run, "teacher"), _pass_logits(run, "teacher", extra=run.top_k)]
    if run.gpu_share:
        lines.append(Line("rollout", "engine", run.gpu_share * machine.memory_gb, "gpu_memory_utilization * memory"))
    return lines


def _engine(run: _Run) -> list[Line]:
    shape, parts = run.shape, run.tensor_parallel
    cache = 2 * shape.layers * shape.kv * run.row / parts
    return [
        Line("rollout", "weights, bf16", 2 * shape.parameters / parts / GB, "2 P"),
        Line("rollout", "cache of one row", cache / GB, f"2 D KV * {run.row} (max_model_len, else all positions)"),
        Line("rollout", "its own forward", ENGINE_GB, "assumed"),
    ]


def _gradients(run: _Run) -> str:
    whole = " (use_no_sync_for_gradient_accumulation keeps them whole)"
    return f"{run.width} P_t{whole}" if run.unsharded_gradients else f"{run.width} P_t / N"


def _gathered(run: _Run, when: str) -> list[Line]:
    shape = run.shape
    root = shape.parameters - shape.layers * shape.layer
    return [
        Line(
            when, "gathered weights", 2 * (root + 2 * shape.layer) / GB, "2 (embeddings, head, vision + 2 layers), bf16"
        ),
    ]


def _activations(run: _Run) -> list[Line]:
    shape, tokens = run.shape, run.update_tokens / run.parallel
    whole = 2 * tokens * (6 * shape.hidden + 2 * shape.attention + 4 * shape.intermediate)
    if not run.checkpointing:
        return [Line("update", "activations", shape.layers * whole / GB, "D * 2 L (6 H + 2 qkv + 4 I)")]
    kept = 2 * tokens * shape.hidden * shape.layers
    return [
        Line("update", "activations kept", kept / GB, "2 L H D, bf16 (one input a layer)"),
        Line("update", "one layer's own", whole / GB, "2 L (6 H + 2 qkv + 4 I)"),
    ]


def _update_logits(run: _Run) -> list[Line]:
    shape, tokens = run.shape, run.update_tokens / run.parallel
    response = run.response_tokens / run.parallel
    lines = [Line("update", "logits, gradient", 2 * 2 * tokens * shape.vocabulary / GB, "2 * 2 L V, bf16")]
    if run.estimator in ("topk", "full"):
        copies = 2 * 2 * response * shape.vocabulary
        lines.append(Line("update", "logits at responses", copies / GB, "2 * 2 R V, bf16 (copy and its gradient)"))
        piece = 4 * 4 * min(256, response) * shape.vocabulary
        lines.append(Line("update", "a piece in fp32", piece / GB, "4 * 4 * 256 V"))
    if run.estimator == "full":
        longest = max(run.update_tokens, run.teacher_prompt + run.response)
        lines.append(Line("update", "teacher's logits", 2 * response * shape.vocabulary / GB, "2 R V, bf16"))
        lines.append(Line("update", "teacher's forward", 2 * longest * shape.vocabulary / GB, "2 L V, bf16"))
    return lines


def _pass_logits(run: _Run, when: str, extra: int) -> Line:
    tokens = run.pass_tokens / run.parallel
    copied = tokens * run.response / (run.response + (run.teacher_prompt if when == "teacher" else run.prompt))
    size = 2 * (tokens + copied) * run.shape.vocabulary + 8 * copied * extra
    return Line(when, "logits", size / GB, "2 (L + R) V, bf16 + 8 R k")


def _host(run: _Run) -> list[Line]:
    lines = []
    if run.teacher not in ("none", "current"):
        size = 4 * run.trained / run.ranks / GB
        lines.append(Line("always", f"kept teacher ({run.teacher})", size, "4 P_t / N, fp32"))
        lines.append(Line("teacher", "actor's shards aside", size, "4 P_t / N while the teacher scores"))
    if run.offload:
        lines.append(Line("always", "offloaded state", 12 * run.trained / run.ranks / GB, "12 P_t / N"))
    if run.estimator == "topk":
        size = run.rows * run.response * run.top_k * (4 + 4) / GB
        lines.append(Line("always", "top-k entries of a step", size, "rows * T * k * 8, in the queue's nodes"))
    return lines


def _seconds(run: _Run, machine: Machine) -> list[tuple[str, float, str]]:
    """Of a step whose answers are all as long as they may be: an upper figure."""
    shape, flops = run.shape, machine.tflops * 1e12 * machine.mfu * run.ranks
    student, teacher = (run.rows * (prompt + run.response) for prompt in (run.prompt, run.teacher_prompt))
    copies = run.ranks / run.tensor_parallel
    reads = 2 * shape.parameters + (run.rows / copies) * (run.prompt + run.response / 2) * shape.layers * shape.kv * 2
    rate = machine.bandwidth_tbs * 1e12 * machine.decode_efficiency * run.tensor_parallel
    passes = 2 if run.teacher == "trust_region" else 1
    factor = 8 if run.checkpointing else 6
    found = [
        ("rollout", run.response * reads / rate, "T (2 P + keys and values) / bandwidth, answers side by side"),
        ("log-probs", 2 * shape.parameters * student / flops, "2 P tokens / speed"),
        ("update", factor * run.epochs * shape.parameters * student / flops, f"{factor} P tokens / speed"),
    ]
    if run.teacher != "none":
        found.append(("teacher", 2 * passes * shape.parameters * teacher / flops, "2 P tokens / speed, a pass"))
    return found
