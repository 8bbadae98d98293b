"""The figures of a run for people (text) and for programs (JSON), each with what it depends on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from verl_visual_sdpo.benchmarks.design2code.data import Split

NAME = "Design2Code, blocks read from the layout"
LABELS = {
    "block": "block-match",
    "text": "text",
    "position": "position",
    "color": "colour",
    "clip": "CLIP",
    "final": "final (mean of five)",
    "four": "mean of four, no CLIP",
    "pixels": "pixels (ours)",
    "shown": "pages that show",
}
DIFFERENT = (
    "blocks come from the browser's layout, not from screenshots in injected colours",
    "elements that repeat more than 50 times are not dropped from an answer",
    "a page that does not show counts 0 in every term",
)
"""Where a run is not the public scorer's by the letter; ``tests/benchmarks/design2code_agreement.py`` measures it."""
RESAMPLES, CONFIDENCE = 2000, 0.95

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over all tasks in percent with a bootstrap interval; None where a task lacks the value."""

    value: float | None
    low: float | None = None
    high: float | None = None


def summary(
    rows: Sequence[Row],
    split: Split,
    *,
    source: str,
    filter_text: str,
    encoder: str | None,
    left_out: Mapping[str, str],
) -> dict[str, Any]:
    """JSON values: the figures and all they depend on."""
    return {
        "benchmark": NAME,
        "split": split.describe(),
        "filter": filter_text or "none",
        "tasks": len(rows),
        "left_out": dict(left_out),
        "predictions": source,
        "encoder": encoder,
        "interval": f"{CONFIDENCE:.0%} bootstrap over the tasks, {RESAMPLES} resamples",
        "figures": {name: asdict(_figure([_value(row, name) for row in rows])) for name in LABELS},
        "statuses": dict(Counter(row["status"] for row in rows).most_common()),
        "not_repeated": list(DIFFERENT),
    }


def _value(row: Row, name: str) -> float | None:
    return float(row["status"] == "ok") if name == "shown" else row[name]


def _figure(values: Sequence[float | None]) -> Figure:
    if not values or any(value is None for value in values):
        return Figure(None)
    data = 100.0 * np.asarray(values, float)
    picks = np.random.default_rng(0).integers(0, len(data), (RESAMPLES, len(data)))
    tail = 100.0 * (1.0 - CONFIDENCE) / 2
    low, high = np.percentile(data[picks].mean(axis=1), [tail, 100.0 - tail])
    return Figure(float(data.mean()), float(low), float(high))


def table(found: Mapping[str, Any]) -> str:
    """The summary as text."""
    lines = [
        found["benchmark"],
        f"{found['split']}, filter {found['filter']}; {found['tasks']} tasks of {found['predictions']}",
        f"pages that do not show count 0; CLIP: {found['encoder'] or 'no encoder, so final is null'}",
        "",
        f"{'':<24}{'%':>7}   {found['interval'].split(',')[0]}",
    ]
    for name, label in LABELS.items():
        figure = Figure(**found["figures"][name])
        value = "-" if figure.value is None else f"{figure.value:.1f}"
        interval = "" if figure.low is None else f"{figure.low:>6.1f} to {figure.high:.1f}"
        lines.append(f"{label:<24}{value:>7}   {interval}".rstrip())
    failed = {status: n for status, n in found["statuses"].items() if status != "ok"}
    if failed:
        lines += ["", "failed: " + ", ".join(f"{status} {n}" for status, n in failed.items())]
    if found["left_out"]:
        lines += ["", f"LEFT OUT, because their own page does not show here: {', '.join(found['left_out'])}"]
    return "\n".join(lines)
