"""What training runs left behind, read back: metrics by step and the validation dumps of verl's file logger.

A folder of runs holds ``runs/<arm>-seed<seed>/`` with ``metrics*.jsonl`` (verl's file logger, one file an attempt),
``validation/<step>.jsonl`` (``trainer.validation_data_dir``) and ``command.txt``.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.json_lines import rows_in

RUN_NAME = re.compile(r"(?P<arm>.+)-seed(?P<seed>\d+)$")


@dataclass(frozen=True)
class Run:
    """One training run. ``metrics`` maps step -> name -> value; ``validation`` step -> rows of the dump, which are
    ordered alike at every step. Step 0 is the model before training."""

    arm: str
    seed: int
    folder: Path
    metrics: Mapping[int, Mapping[str, float]]
    validation: Mapping[int, Sequence[Mapping]]
    command: str = ""

    @property
    def last_step(self) -> int:
        return max(self.metrics)

    def series(self, name: str) -> dict[int, float]:
        """Step -> value of a training metric, where it was logged."""
        return {step: row[name] for step, row in sorted(self.metrics.items()) if name in row}

    def validated(self, name: str, among: str | None = None) -> dict[int, float]:
        """Step -> mean of a numeric column over the validation rows that could be judged (``among`` those alone where
        this other column is not 0)."""
        means = {}
        for step, rows in sorted(self.validation.items()):
            values = [row[name] for row in rows if not row.get("undetermined") and (among is None or row[among])]
            if values:
                means[step] = statistics.fmean(values)
        return means

    def median(self, name: str) -> float | None:
        """Median over steps, without the first, which also warms up. None when it was never logged."""
        values = [value for step, value in self.series(name).items() if step > 1]
        return statistics.median(values) if values else None


@dataclass(frozen=True)
class Curve:
    """Mean over seeds with its spread (smallest to largest) at each x; ``seeds`` counts the runs behind each point."""

    arm: str
    x: tuple[float, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    seeds: tuple[int, ...] = field(default=())


def load_runs(folder: str | Path) -> list[Run]:
    """Every run under ``folder/runs`` that has logged something, by arm and seed.

    Raises:
        InvalidInputError: no such folder, or no run in it.
    """
    root = Path(folder) / "runs"
    found = [(match, path) for path in sorted(root.glob("*")) if (match := RUN_NAME.match(path.name))]
    runs = [_load(path, match["arm"], int(match["seed"])) for match, path in found]
    runs = [run for run in runs if run.metrics]
    if not runs:
        raise InvalidInputError(f"{root} holds no run with metrics; expected folders such as {root}/grpo-seed0")
    return runs


def curve(arm: str, series: Iterable[Mapping[int, float]], rollouts_per_step: int) -> Curve:
    """Join the series of an arm's seeds over the rollouts that were spent at each step."""
    series = list(series)
    steps = sorted(set().union(*series)) if series else []
    values = [[one[step] for one in series if step in one] for step in steps]
    return Curve(
        arm=arm,
        x=tuple(float(step * rollouts_per_step) for step in steps),
        mean=tuple(statistics.fmean(at) for at in values),
        low=tuple(min(at) for at in values),
        high=tuple(max(at) for at in values),
        seeds=tuple(len(at) for at in values),
    )


def _load(path: Path, arm: str, seed: int) -> Run:
    metrics: dict[int, dict[str, float]] = {}
    for file in sorted(path.glob("metrics*.jsonl"), key=lambda file: file.stat().st_mtime):
        for row in rows_in(file):
            numbers = {name: value for name, value in row["data"].items() if isinstance(value, (int, float))}
            metrics.setdefault(row["step"], {}).update(numbers)
    dumped = (file for file in (path / "validation").glob("*.jsonl") if file.stem.isdigit())
    dumps = {int(file.stem): list(rows_in(file)) for file in dumped}
    command = path / "command.txt"
    return Run(arm, seed, path, metrics, dumps, command.read_text(encoding="utf-8").strip() if command.exists() else "")
