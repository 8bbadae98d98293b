"""The figures of a run for people (text) and for programs (JSON), each with what it depends on."""

from __future__ import annotations

import importlib.metadata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from verl_visual_sdpo.benchmarks.chartmimic.data import Split
from verl_visual_sdpo.benchmarks.chartmimic.quirks import ALL, NOT_REPEATED
from verl_visual_sdpo.benchmarks.chartmimic.scores import CONFIDENCE, RESAMPLES, Figure, summarise

NAME = "ChartMimic, Direct Mimic"
LABELS = {
    "execution": "execution rate",
    "text": "text F1",
    "layout": "layout F1",
    "type": "chart type F1",
    "color": "colour F1",
    "low": "Low",
    "high": "High",
    "overall": "Overall",
}

Row = Mapping[str, Any]


def summary(
    rows: Sequence[Row],
    split: Split,
    *,
    source: str,
    filter_text: str,
    quirks: frozenset[str],
    judge: str | None,
    left_out: Mapping[str, str],
) -> dict[str, Any]:
    """JSON values: the figures, the same by kind of chart, and all they depend on."""
    kinds = sorted({row["kind"] for row in rows})
    off = sorted(ALL - quirks)
    return {
        "benchmark": NAME if not off else f"{NAME}, changed (without {', '.join(off)})",
        "split": split.describe(),
        "filter": filter_text or "none",
        "tasks": len(rows),
        "left_out": dict(left_out),
        "predictions": source,
        "quirks_switched_off": off,
        "judge": judge,
        "interval": f"{CONFIDENCE:.0%} bootstrap over the tasks, {RESAMPLES} resamples",
        "versions": {name: importlib.metadata.version(name) for name in ("matplotlib", "numpy", "scipy")},
        "figures": {name: asdict(figure) for name, figure in summarise(rows).items()},
        "statuses": dict(Counter(row["status"] for row in rows).most_common()),
        "kinds": {kind: _kind([row for row in rows if row["kind"] == kind]) for kind in kinds},
        "not_repeated": list(NOT_REPEATED),
    }


def _kind(rows: Sequence[Row]) -> dict[str, Any]:
    return {"tasks": len(rows), **{name: figure.value for name, figure in summarise(rows).items()}}


def table(found: Mapping[str, Any]) -> str:
    """The summary as text: what it is of, then one line a figure, then one a kind of chart."""
    lines = [
        found["benchmark"],
        f"split {found['split']}, filter {found['filter']}; {found['tasks']} tasks of {found['predictions']}",
        f"matplotlib {found['versions']['matplotlib']}; failed programs count 0; judge: {found['judge'] or 'none'}",
        "",
        f"{'':<16}{'%':>7}   {found['interval'].split(',')[0]}",
    ]
    lines += [_line(LABELS[name], Figure(**found["figures"][name])) for name in LABELS]
    failed = {status: n for status, n in found["statuses"].items() if status != "ok"}
    if failed:
        lines += ["", "failed: " + ", ".join(f"{status} {n}" for status, n in failed.items())]
    if found["left_out"]:
        lines += ["", f"LEFT OUT, because their reference does not draw here: {', '.join(found['left_out'])}"]
    lines += ["", f"{'kind':<12}{'tasks':>6}{'exec':>8}" + "".join(f"{t:>8}" for t in ("text", "layout", "type"))]
    lines[-1] += f"{'colour':>8}{'Low':>8}{'High':>8}"
    for kind, figures in found["kinds"].items():
        values = (figures[name] for name in ("execution", "text", "layout", "type", "color", "low", "high"))
        lines.append(f"{kind:<12}{figures['tasks']:>6}" + "".join(f"{_number(value):>8}" for value in values))
    return "\n".join(lines)


def _line(label: str, figure: Figure) -> str:
    interval = "" if figure.low is None else f"{figure.low:>6.1f} to {figure.high:.1f}"
    return f"{label:<16}{_number(figure.value):>7}   {interval}".rstrip()


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"
