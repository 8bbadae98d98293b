"""``visual-sdpo doctor``: what is installed, which sandbox layers hold, and whether a recipe fits the machine."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verl_visual_sdpo.errors import InvalidInputError

if TYPE_CHECKING:
    from verl_visual_sdpo.estimate import Estimate, Line

FITS = {True: "fits", False: "DOES NOT FIT"}
SIGNS = {"ok": "ok     ", "absent": "absent ", "bad": "BAD    "}
LAUNCHER = "verl_visual_sdpo.verl_plugin.main"
COMPOSE_LIMIT_S = 300.0


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    from verl_visual_sdpo.estimate import Machine

    parser = subparsers.add_parser(
        "doctor",
        help="check packages, fonts, sandbox and the verl plug-in; or estimate what a recipe needs",
        description="Check packages, fonts, sandbox and the verl plug-in. With --recipe: estimate its memory and time "
        "instead, from the composed configuration. Exit status: 0 all holds (or fits), 1 not.",
    )
    parser.add_argument("--recipe", default="", help="a recipe's yaml, such as recipes/chart/qwen3vl_8b.yaml")
    parser.add_argument(
        "overrides", nargs="*", help="settings as the recipe's script takes them, such as trainer.nnodes=2"
    )
    parser.add_argument("--model-config", default="", help="the model's config.json, where its folder is not at hand")
    parser.add_argument("--gpu-memory", type=float, default=Machine.memory_gb, help="GB of one accelerator")
    parser.add_argument("--tflops", type=float, default=Machine.tflops, help="its dense bf16 peak")
    parser.add_argument("--bandwidth", type=float, default=Machine.bandwidth_tbs, help="of its memory, TB/s")
    parser.add_argument("--mfu", type=float, default=Machine.mfu, help="share of the peak that training reaches")
    return parser


def run(arguments: argparse.Namespace) -> int:
    if getattr(arguments, "recipe", ""):
        return _estimate(arguments)
    if getattr(arguments, "overrides", ()):
        raise InvalidInputError(f"{arguments.overrides[0]!r} is a setting of a recipe: name one with --recipe FILE")
    return _check()


def _check() -> int:
    from verl_visual_sdpo.doctor import checks

    group, bad = "", 0
    for check in checks():
        if check.group != group:
            group = check.group
            print(f"\n{group}")
        print(f"  {SIGNS[check.state]}{check.name:<24} {check.detail}", flush=True)
        if check.state != "ok" and check.mend:
            print(f"         {'':<24} -> {check.mend}")
        bad += check.state == "bad"
    print(f"\n{'everything that is needed holds' if not bad else f'{bad} needed part(s) do not hold'}")
    return 1 if bad else 0


# --------------------------------------------------------------------------- a recipe


def _estimate(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.estimate import Machine, estimate, shape_of

    machine = Machine(arguments.gpu_memory, arguments.tflops, arguments.bandwidth, arguments.mfu)
    for name, value in (("gpu-memory", machine.memory_gb), ("tflops", machine.tflops), ("mfu", machine.mfu)):
        if not value > 0:
            raise InvalidInputError(f"--{name} is {value}; it must be above 0")
    config = composed(Path(arguments.recipe), arguments.overrides)
    shape = shape_of(config["actor_rollout_ref"]["model"]["path"], arguments.model_config)
    found = estimate(config, shape, machine)
    ranks = config["trainer"]["n_gpus_per_node"] * config["trainer"]["nnodes"]
    print(f"P = {shape.parameters / 1e9:.2f} billion parameters on N = {ranks} ranks; estimates, GB = 1e9 bytes\n")
    for line in found.memory:
        print(f"  {line.when:<10} {line.what:<22} {line.gigabytes:>8.1f} GB   {line.formula}")
    fits = _print_peaks(found, machine.memory_gb)
    starts = _print_engine(found)
    if found.host:
        print("\n  host memory of one rank (top-k entries: of all ranks together):")
        _print_lines(found.host)
    print("\n  seconds of a step whose answers are all of the greatest length:")
    for phase, seconds, formula in found.seconds:
        print(f"    {phase:<12} {seconds:>7.0f} s   {formula}")
    if not fits:
        print(
            "\n  -> smaller ppo_max_token_len_per_gpu or log_prob_max_token_len_per_gpu, more ranks, fsdp_config."
            "param_offload and optimizer_offload=true, LoRA (model.lora_rank=64), or estimator=topk"
        )
    return 0 if fits and starts else 1


def _print_peaks(found: Estimate, room: float) -> bool:
    """Of every phase; whether all fit into the gigabytes of one accelerator."""
    from verl_visual_sdpo.estimate import WASTE

    peaks = found.peaks()
    print(f"\n  peak of one accelerator, {WASTE:.0%} for the allocator included:")
    for phase, peak in peaks.items():
        print(f"    {phase:<12} {peak:>7.1f} GB of {room:g}  {FITS[peak <= room]}")
    return all(peak <= room for peak in peaks.values())


def _print_engine(found: Estimate) -> bool:
    """What the rollout engine holds; whether it starts. A recipe without one has nothing that could not."""
    if not found.engine:
        return True
    needed, room = found.engine_needs, found.engine_room
    print(f"\n  inside the rollout engine, before it starts: {needed:.1f} GB of {room:.1f}  {FITS[needed <= room]}")
    _print_lines(found.engine)
    if needed > room:
        print("    -> a smaller actor_rollout_ref.rollout.max_model_len, or more gpu_memory_utilization")
    return needed <= room


def _print_lines(lines: Iterable[Line]) -> None:
    for line in lines:
        print(f"    {line.what:<28} {line.gigabytes:>7.1f} GB   {line.formula}")


def composed(recipe: Path, overrides: list[str]) -> dict[str, Any]:
    """The configuration that the launcher would train with, as a plain dictionary; verl stays in its own process.

    Raises:
        InvalidInputError: no such file, or a configuration that does not compose (the launcher's words are kept).
    """
    import yaml

    if not recipe.is_file():
        raise InvalidInputError(f"--recipe {recipe}: there is no such file")
    command = [sys.executable, "-m", LAUNCHER, "--config-dir", str(recipe.resolve().parent)]
    command += ["--config-name", recipe.stem, *overrides, "--cfg", "job", "--resolve"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=COMPOSE_LIMIT_S, check=False)
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-4:])
        raise InvalidInputError(f"{recipe} does not compose: {last}")
    config = yaml.safe_load(done.stdout)
    if not {"actor_rollout_ref", "visual_sdpo"} <= set(config):
        raise InvalidInputError(f"{recipe} is no recipe of reinforcement learning with visual_sdpo in its defaults")
    return config
