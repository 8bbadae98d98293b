"""The report of a comparison: curves, a table with seeds, the same tasks before and after, and how it was run.

Every figure is read from the runs' own logs and validation dumps; the pictures are drawn again from the dumped
programs, so that boxes and blamed lines are those of the inspection as it is now.
"""

from __future__ import annotations

import base64
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined

from verl_visual_sdpo.data.toys import TOYS, toy_of
from verl_visual_sdpo.inspection.pipeline import Renderer, analyse, analyse_program, bare_program
from verl_visual_sdpo.report.annotate import annotated_png
from verl_visual_sdpo.report.curves import Curve, Run, curve
from verl_visual_sdpo.report.figures import curves_svg, name_of
from verl_visual_sdpo.report.findings import findings
from verl_visual_sdpo.report.inspect_page import SourceLine, source_lines
from verl_visual_sdpo.types import Analysis, Task

TEMPLATE = "training_page.html.jinja"
EARLY = 0.3  # share of the rollouts at which the table compares the arms early, as the paper does
CHARTS = {  # title -> how a run tells it: step -> value
    "Reward on validation tasks": lambda run: run.validated("score"),
    "Defects a program that runs, validation": lambda run: run.validated("defects", among="executed"),
    "Reward of the training rollouts": lambda run: run.series("visual/score"),
    "Share of programs that run, training": lambda run: run.series("visual/execution_rate"),
}


@dataclass(frozen=True)
class Shot:
    """One answer: who gave it, its picture with the defects boxed (base64 PNG, "" when nothing was drawn), its source
    with blame, the defects in words and the reward."""

    caption: str
    picture: str
    lines: tuple[SourceLine, ...]
    messages: tuple[str, ...]
    status: str
    score: float


@dataclass(frozen=True)
class Example:
    """A validation task: what was asked, the reference picture (base64 PNG), and the answers."""

    prompt: str
    reference: str
    shots: tuple[Shot, ...]


def training_page(
    runs: Sequence[Run], renderer: Renderer, *, gate: dict[str, Any] | None = None, examples: int = 4
) -> str:
    """The page as HTML text. ``gate`` is what the warm start's gate measured (``gate.json``)."""
    return _template().render(
        charts=[curves_svg(curves, title) for title, curves in all_curves(runs).items()],
        rows=[table_row(run) for run in runs],
        early=round(EARLY * rollouts_per_step(runs[0]) * min(run.last_step for run in runs)),
        examples=[example(runs, index, renderer) for index in example_indices(runs, examples)],
        gate=gate,
        noun=toy_of(task_of(runs).domain).NOUN,
        runs=runs,
        name_of=name_of,
        seeds=sorted({run.seed for run in runs}),
    )


def all_curves(runs: Sequence[Run]) -> dict[str, list[Curve]]:
    """Chart title -> a curve an arm, over rollouts spent."""
    return {title: _curves(runs, told) for title, told in CHARTS.items()}


def _curves(runs: Sequence[Run], told: Callable[[Run], dict[int, float]]) -> list[Curve]:
    arms = dict.fromkeys(run.arm for run in runs)
    return [curve(arm, [told(run) for run in runs if run.arm == arm], rollouts_per_step(runs[0])) for arm in arms]


def rollouts_per_step(run: Run) -> int:
    """Prompts times rollouts a prompt, from the command that was run."""
    settings = _settings(run)
    return int(settings.get("data.train_batch_size", 1)) * int(settings.get("actor_rollout_ref.rollout.n", 1))


def task_of(runs: Sequence[Run]) -> Task:
    """The domain that runs were rewarded in, with the options of its toy where they are of the quickstart."""
    settings = _settings(runs[0])
    domain = settings.get("reward.custom_reward_function.path", "").rsplit(".", 1)[-1]
    if domain not in TOYS:
        return Task()
    return Task(domain, options=TOYS[domain].OPTIONS if settings.get("trainer.project_name") == "quickstart" else {})


def _settings(run: Run) -> dict[str, str]:
    return dict(word.split("=", 1) for word in run.command.split() if "=" in word)


def table_row(run: Run) -> dict[str, Any]:
    """The figures of one run; None where the run did not log them."""
    reward, executed = run.validated("score"), run.validated("executed")
    defects = run.validated("defects", among="executed")
    validated = sorted(reward)
    early = [step for step in validated if step <= EARLY * run.last_step]
    return {
        "arm": name_of(run.arm),
        "seed": run.seed,
        "steps": run.last_step,
        "start": reward.get(0),
        "early": reward[early[-1]] if early else None,
        "end": reward[validated[-1]] if validated else None,
        "executed": executed[validated[-1]] if validated else None,
        "defects_start": defects.get(0),
        "defects_end": defects[validated[-1]] if validated else None,
        "training": _mean_of_last(run.series("visual/score"), 5),
        "kl": run.median("distill/kl"),
        "seconds": run.median("timing_s/step"),
        "teacher_seconds": run.median("timing_s/teacher"),
    }


def _mean_of_last(series: dict[int, float], count: int) -> float | None:
    values = [value for _, value in sorted(series.items())][-count:]
    return statistics.fmean(values) if values else None


# --------------------------------------------------------------------------- the same tasks before and after


def example_indices(runs: Sequence[Run], count: int) -> list[int]:
    """The first validation tasks whose picture before training had a defect: chosen by the start, not the outcome."""
    return [index for index, row in enumerate(_rows_at(runs[0], 0)) if row.get("defects")][:count]


def example(runs: Sequence[Run], index: int, renderer: Renderer) -> Example:
    """Chart number ``index`` of the validation set: reference, before training, after each arm's first seed."""
    before = _rows_at(runs[0], 0)[index]
    task = replace(task_of(runs), reference=before["gts"])
    reference = analyse_program(bare_program(before["gts"], task.domain), task, renderer)
    firsts = {run.arm: run for run in reversed(runs)}  # the first seed of each arm
    shots = [_shot("before training", before, task, renderer)]
    for arm in dict.fromkeys(run.arm for run in runs):
        run = firsts[arm]
        row = _same_task(_rows_at(run, max(run.validation)), before, index)
        shots.append(_shot(f"after {name_of(arm)}, step {max(run.validation)}", row, task, renderer))
    picture = reference.scene.image if reference.scene else b""
    return Example(_prompt_text(before["input"]), _base64(picture), tuple(shots))


def _rows_at(run: Run, step: int) -> Sequence[Any]:
    return run.validation.get(step, ())


def _same_task(rows: Sequence[Any], like: Any, index: int) -> Any:
    """The row of the same prompt: at the same place, or, where a row was dropped, wherever it is."""
    if index < len(rows) and rows[index]["input"] == like["input"]:
        return rows[index]
    return next(row for row in rows if row["input"] == like["input"])


def _shot(caption: str, row: Any, task: Task, renderer: Renderer) -> Shot:
    analysis: Analysis = analyse(row["output"], task, renderer)
    found = findings(analysis)
    messages = [f"{one.number}. {one.defect.message}" for one in found]
    return Shot(
        caption=caption,
        picture=_base64(annotated_png(analysis.scene, found)) if analysis.scene else "",
        lines=tuple(source_lines(analysis, found)),
        messages=tuple(messages) if analysis.execution.ok else (analysis.feedback.words,),
        status=analysis.execution.status,
        score=analysis.reward.score,
    )


def _prompt_text(prompt: str) -> str:
    """The user's words of a decoded prompt: without role names and what is left of vision tokens."""
    text = prompt.split("user\n", 1)[-1].rsplit("assistant", 1)[0]
    for token in ("<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|im_end|>"):
        text = text.replace(token, "")
    return text.strip()


def _base64(png: bytes) -> str:
    return base64.b64encode(png).decode("ascii")


def load_gate(folder: str | Path) -> dict[str, Any] | None:
    """What the warm start's gate measured, when ``folder/start/gate.json`` is there."""
    path = Path(folder) / "start" / "gate.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _template() -> Any:
    text = resources.files("verl_visual_sdpo.report").joinpath(TEMPLATE).read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["figure"] = lambda value, digits=3: "–" if value is None else f"{value:.{digits}f}"
    return environment.from_string(text)
