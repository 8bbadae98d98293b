"""What a step of Visual-SDPO costs the training engine beside one of GRPO: seconds and peak memory, on one device.

    python tests/benchmarks/engine_step.py                     # CUDA: 0.55e9 random parameters, pictures of 1 megapixel
    python tests/benchmarks/engine_step.py --size tiny         # anywhere, a few seconds of CPU: does it run

Each arm runs in a process of its own through the real worker and engine: old log-probs, (teacher pass,) update, on
rollouts that never change. Sampling and rendering, which both arms share, are not in it: a whole step's ratio is nearer
to 1. The first step warms up; of the others the median is told. Peak memory: of the CUDA allocator, or of the process
on a CPU. With CUDA and flash-attn, the log-probs of the same rows are compared with those of sdpa as well.

Shapes: P prompt tokens, T response tokens.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ARMS = ("grpo", "visual_sdpo")
LOG_PROBS = "log-probs"
K = 100
AIMS = {"seconds": 1.35, "peak_gb": 1.10}  # Visual-SDPO over GRPO
SIZES = {
    "tiny": {"rows": 4, "response": 24, "pixels": 128 * 96, "steps": 3},
    "mid": {"rows": 32, "response": 1024, "pixels": 1024 * 1024, "steps": 6},
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=tuple(SIZES), default="mid")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    for name, meaning in (
        ("rows", "rollouts of a step"),
        ("response", "tokens of each response"),
        ("pixels", "of each picture: the reference, and the one that the teacher sees besides"),
        ("steps", "steps of each arm, the first of which warms up"),
    ):
        parser.add_argument(f"--{name}", type=int, help=meaning)
    parser.add_argument("--tokens", type=int, default=16384, help="of a micro-batch of the update (log-probs: twice)")
    parser.add_argument("--estimator", choices=("topk", "sampled"), default="topk")
    parser.add_argument("--attention", default="", help="default: flash_attention_2 where it is installed, else sdpa")
    parser.add_argument(
        "--compare",
        nargs=2,
        metavar="ATTENTION",
        help="two kernels whose log-probs are compared (default: flash_attention_2 sdpa where the first is installed)",
    )
    parser.add_argument("--json", type=Path, help="where the figures go as well")
    parser.add_argument("--arm", help=argparse.SUPPRESS)  # one measurement, in a process of its own
    parser.add_argument("--model", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    for name, value in SIZES[arguments.size].items():
        setattr(arguments, name, getattr(arguments, name) or value)
    arguments.attention = arguments.attention or ("flash_attention_2" if has_flash() else "sdpa")
    if arguments.arm:
        print(json.dumps(log_probs_kept(arguments) if arguments.arm == LOG_PROBS else measured(arguments)))
        return 0
    compared = arguments.compare or (["flash_attention_2", "sdpa"] if has_flash() else None)
    with tempfile.TemporaryDirectory(prefix="engine-step-") as folder:
        arguments.model = build_model(arguments.size, Path(folder))
        found = {arm: in_a_process(arm, arguments) for arm in arguments.arms}
        if compared:
            files = [in_a_process(LOG_PROBS, arguments, attention=kernel)["file"] for kernel in compared]
            found[" against ".join(compared)] = apart(*files)
    print(table(found, arguments))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n")
    return 0


def has_flash() -> bool:
    import torch

    return torch.cuda.is_available() and importlib.util.find_spec("flash_attn") is not None


def in_a_process(arm: str, arguments: argparse.Namespace, **changed: str) -> dict[str, Any]:
    kept = ("size", "rows", "response", "pixels", "steps", "tokens", "estimator", "attention", "model")
    command = [sys.executable, __file__, "--arm", arm]
    for name in kept:
        command += [f"--{name}", str(changed.get(name, getattr(arguments, name)))]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def table(found: dict[str, dict], arguments: argparse.Namespace) -> str:
    lines = [
        f"{arguments.rows} rollouts of {arguments.response} tokens, pictures of {arguments.pixels} pixels, "
        f"{arguments.estimator}, {arguments.attention}, median of {arguments.steps - 1} steps"
    ]
    phases = ("old log-probs", "teacher", "update", "seconds", "peak_gb")
    lines.append(f"{'':14}" + "".join(f"{name:>15}" for name in phases))
    for arm in [arm for arm in ARMS if arm in found]:
        lines.append(f"{arm:14}" + "".join(f"{found[arm].get(name, 0.0):15.3f}" for name in phases))
    if set(ARMS) <= set(found):
        for name, aim in AIMS.items():
            ratio = found["visual_sdpo"][name] / found["grpo"][name]
            lines.append(f"{name}: {ratio:.2f}x of GRPO's (aim {aim:.2f}x)")
    for arm, one in found.items():
        if arm in ARMS:
            lines.append(f"{arm}: {one['device']}, {one['parameters'] / 1e6:.0f}e6 parameters")
        else:
            lines.append(
                f"{arm}: log-probs of {one['tokens']} tokens apart by {one['mean']:.2g}, at most {one['most']:.2g}"
            )
    if set(found) <= set(ARMS):
        lines.append("flash-attn against sdpa: not compared, needs CUDA and flash-attn (or --compare)")
    return "\n".join(lines)


# --------------------------------------------------------------------------- the model and the rows


def build_model(size: str, folder: Path) -> Path:
    """The tests' tiny model, or one of its kind with half a billion parameters and Qwen3-VL's whole vocabulary."""
    from transformers import AutoConfig, Qwen3VLForConditionalGeneration

    from verl_visual_sdpo.data.tiny_model import build_tiny_model

    path = build_tiny_model(folder / "model", seed=0)
    if size == "mid":
        config = AutoConfig.from_pretrained(path)
        text, vision = config.text_config, config.vision_config
        text.vocab_size, text.hidden_size, text.intermediate_size = 151_936, 1024, 3072
        text.num_hidden_layers, text.num_attention_heads, text.num_key_value_heads, text.head_dim = 24, 16, 8, 64
        text.max_position_embeddings = 32_768
        text.rope_parameters = {**text.rope_parameters, "mrope_section": [12, 10, 10]}
        vision.depth, vision.hidden_size, vision.intermediate_size, vision.num_heads = 12, 768, 3072, 12
        vision.num_position_embeddings, vision.deepstack_visual_indexes = 2304, [3, 7, 11]
        vision.out_hidden_size = text.hidden_size
        Qwen3VLForConditionalGeneration(config).save_pretrained(path)
    return path


def rows_of_a_step(arguments: argparse.Namespace, processor: Any) -> tuple[list[dict], list[dict]]:
    """The student's rows and the teacher's, built by the trainer's own builder."""
    import torch
    from PIL import Image

    from verl_visual_sdpo.config import DistillationConfig
    from verl_visual_sdpo.types import Evidence
    from verl_visual_sdpo.verl_plugin.dataset import PictureDataset
    from verl_visual_sdpo.verl_plugin.teacher_inputs import TeacherInputs

    torch.manual_seed(0)
    processor.image_processor.size["longest_edge"] = arguments.pixels
    settings = DistillationConfig(image_max_pixels=arguments.pixels)
    builder = TeacherInputs(settings, processor.tokenizer, processor, PictureDataset, {})
    picture = Image.new("RGB", (int((arguments.pixels * 4 / 3) ** 0.5), int((arguments.pixels * 3 / 4) ** 0.5)), "blue")
    content = [{"type": "image", "image": picture}, {"type": "text", "text": "Draw this chart with matplotlib. " * 8}]
    messages = [{"role": "user", "content": content}]
    evidence = Evidence(determined=True, status="ok", rubric='{"defects": []}' * 40, image=png_of(picture))
    students, teachers = [], []
    specials = len(processor.tokenizer.all_special_ids) + 10
    for _ in range(arguments.rows):
        response = torch.randint(specials, len(processor.tokenizer), (arguments.response,))
        student, _ = builder._row(messages, response)
        teacher = builder.build(messages, response, evidence)
        assert teacher.row is not None, teacher.skip
        students.append(dict(student))
        teachers.append(dict(teacher.row))
    return students, teachers


def png_of(picture: Any) -> bytes:
    import io

    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


# --------------------------------------------------------------------------- one arm


def new_worker(arguments: argparse.Namespace, attention: str) -> Any:
    import torch
    from verl.workers.config import FSDPEngineConfig, FSDPOptimizerConfig, HFModelConfig, TrainingWorkerConfig

    cuda = torch.cuda.is_available()
    if not cuda:
        from verl_visual_sdpo.verl_plugin.main import use_cpu

        use_cpu()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    os.environ.update(RANK="0", WORLD_SIZE="1", LOCAL_RANK="0", MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))
    from verl_visual_sdpo.verl_plugin.worker import VisualTrainingWorker

    precision = "bf16" if cuda else "fp32"
    worker = VisualTrainingWorker(
        TrainingWorkerConfig(
            model_type="language_model",
            model_config=HFModelConfig(
                path=str(arguments.model),
                external_lib="verl_visual_sdpo.verl_plugin.processor",
                use_remove_padding=True,
                enable_gradient_checkpointing=cuda,
                override_config={"attn_implementation": attention},
            ),
            engine_config=FSDPEngineConfig(
                strategy="fsdp2",
                use_torch_compile=False,
                mixed_precision={"param_dtype": precision, "reduce_dtype": "fp32"},
                use_dynamic_bsz=True,
                max_token_len_per_gpu=arguments.tokens,
                infer_max_token_len_per_gpu=2 * arguments.tokens,
            ),
            optimizer_config=FSDPOptimizerConfig(lr=1e-6, total_training_steps=100, clip_grad=1.0),
        )
    )
    worker.reset()
    return worker


def measured(arguments: argparse.Namespace) -> dict[str, Any]:
    """Seconds of each phase (median without the first step) and the peak of memory."""
    import torch

    worker = new_worker(arguments, arguments.attention)
    step = Step(arguments, worker)
    took = [step.run() for _ in range(arguments.steps)][1:]
    cuda = torch.cuda.is_available()
    medians = {name: statistics.median(one[name] for one in took) for name in took[0]}
    return {
        **medians,
        "seconds": statistics.median(sum(one.values()) for one in took),
        "peak_gb": step.peak() / 1e9,
        "device": torch.cuda.get_device_name() if cuda else "CPU",
        "parameters": sum(parameter.numel() for parameter in worker.engine.module.parameters()),
    }


class Step:
    """The phases of one arm's step, on the same rows each time."""

    def __init__(self, arguments: argparse.Namespace, worker: Any) -> None:
        sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "verl_plugin"))
        from verl.utils import hf_processor
        from verl.utils.device import get_torch_device

        self.arguments, self.worker, self.device = arguments, worker, get_torch_device()
        self.students, self.teachers = rows_of_a_step(arguments, hf_processor(str(arguments.model)))
        self.taught = arguments.arm == "visual_sdpo"
        self.top_k = self.taught and arguments.estimator == "topk"
        worker.set_loss_fn(self._loss())

    def run(self) -> dict[str, float]:
        import torch
        from verl.workers.utils.padding import response_from_nested

        from verl_visual_sdpo.verl_plugin.engine import RETURN_TOP_K, SCORE_TOP_K, TOP_K_IDS, TOP_K_LOG_PROBS
        from verl_visual_sdpo.verl_plugin.loss import (
            DISTILL_MASK,
            RESPONSIBILITIES,
            TEACHER_LOG_PROBS,
            TEACHER_TOP_K,
            rows_of,
        )

        T, took = self.arguments.response, {}
        rows = [dict(row) for row in self.students]
        ask = {"calculate_entropy": False, "compute_loss": False, "temperature": 1.0}
        started = self._now()
        old = self._infer(rows, **ask, **({RETURN_TOP_K: K} if self.top_k else {}))
        old_log_probs = rows_of(response_from_nested(old["log_probs"], old["response_mask"]))
        took["old log-probs"] = self._now() - started
        for number, row in enumerate(rows):
            row |= {"old_log_probs": old_log_probs[number], "advantages": torch.full((T,), (-1.0) ** number)}
        if self.taught:
            started = self._now()
            teachers = [dict(row) for row in self.teachers]
            if self.top_k:
                for row, ids in zip(teachers, rows_of(old[TOP_K_IDS])):
                    row[TOP_K_IDS] = ids
            scored = self._infer(teachers, **ask, **{SCORE_TOP_K: self.top_k})
            sampled = rows_of(response_from_nested(scored["log_probs"], scored["response_mask"]))
            took["teacher"] = self._now() - started
            for number, row in enumerate(rows):
                row |= {
                    RESPONSIBILITIES: (torch.arange(T) % 5 == 0).float(),
                    DISTILL_MASK: torch.ones(T, dtype=torch.long),
                    TEACHER_LOG_PROBS: sampled[number],
                }
                if self.top_k:
                    row[TOP_K_IDS] = teachers[number][TOP_K_IDS]
                    row[TEACHER_TOP_K] = rows_of(scored[TOP_K_LOG_PROBS])[number]
        started = self._now()
        mini = {"mini_batch_size": len(rows), "epochs": 1, "seed": 0, "dataloader_kwargs": {"shuffle": False}}
        self.worker.train_mini_batch(
            self._packed(rows, global_batch_size=len(rows), temperature=1.0, **mini, **{SCORE_TOP_K: self.top_k})
        )
        took["update"] = self._now() - started
        return took

    def peak(self) -> int:
        return self.device.max_memory_allocated()

    def _infer(self, rows: list[dict], **ask: Any) -> Any:
        import torch

        with torch.no_grad():
            data = self._packed(rows, **ask)
            output = self.worker.infer_batch(data)
        output = output.to("cpu")
        output["response_mask"] = data["response_mask"].to("cpu")
        return output

    def _packed(self, rows: list[dict], **extra: Any) -> Any:
        from plugin_rows import as_queue_returns, with_extra

        return with_extra(as_queue_returns(rows), **extra)

    def _now(self) -> float:
        if hasattr(self.device, "synchronize"):
            self.device.synchronize()
        return time.perf_counter()

    def _loss(self) -> Any:
        from functools import partial

        from verl.workers.config import FSDPActorConfig
        from verl.workers.utils.losses import ppo_loss

        from verl_visual_sdpo.config import DistillationConfig
        from verl_visual_sdpo.verl_plugin.loss import visual_sdpo_loss

        actor = FSDPActorConfig(
            strategy="fsdp2",
            rollout_n=1,
            ppo_mini_batch_size=self.arguments.rows,
            ppo_micro_batch_size_per_gpu=1,
            use_torch_compile=False,
        )
        if not self.taught:
            return partial(ppo_loss, config=actor)
        settings = DistillationConfig(estimator=self.arguments.estimator, top_k=K)
        return partial(visual_sdpo_loss, config=actor, settings=settings)


def log_probs_kept(arguments: argparse.Namespace) -> dict[str, str]:
    """The log-probs of the step's responses, in a file."""
    import torch
    from verl.workers.utils.padding import response_from_nested

    step = Step(arguments, new_worker(arguments, arguments.attention))
    old = step._infer(step.students, calculate_entropy=False, compute_loss=False, temperature=1.0)
    file = arguments.model.parent / f"{arguments.attention}.pt"
    torch.save(response_from_nested(old["log_probs"], old["response_mask"]).values().float(), file)
    return {"file": str(file)}


def apart(one: str, other: str) -> dict[str, float]:
    """How far the log-probs of the same tokens are apart: mean and most."""
    import torch

    found = (torch.load(one) - torch.load(other)).abs()
    return {"mean": float(found.mean()), "most": float(found.max()), "tokens": found.numel()}


if __name__ == "__main__":
    sys.exit(main())
