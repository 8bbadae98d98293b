"""Scores of one task and of a whole run: four F1 terms, Low, High, Overall, with intervals over the tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from verl_visual_sdpo.benchmarks.chartmimic.quirks import ALL, Notes, record_of
from verl_visual_sdpo.inspection.fidelity.chart import TERMS, likeness

RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 0


def terms(notes: Notes, reference: Notes, example_id: str, quirks: frozenset[str] = ALL) -> dict[str, float]:
    """``text``, ``layout``, ``type``, ``color`` and their mean ``low`` of one program that ran, each in [0, 1]."""
    return likeness(
        record_of(notes, quirks, example_id),
        record_of(reference, quirks, example_id),
        empty="theirs" if "empty-is-zero" in quirks else "ours",
        thin="thinned-colors" in quirks,
    )


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over all tasks in percent, with a bootstrap interval; None where there is nothing to average."""

    value: float | None
    low: float | None = None
    high: float | None = None


Row = Mapping[str, Any]


def summarise(rows: Sequence[Row]) -> dict[str, Figure]:
    """Figures in percent from one row a task (``status``, the terms, ``high``): ``execution``, the four terms,
    ``low``, ``high``, ``overall``. A program that failed counts 0 everywhere. ``high`` and ``overall`` are null as
    soon as one task has no verdict."""
    columns: dict[str, Callable[[Row], float | None]] = {
        "execution": lambda row: float(row["status"] == "ok"),
        **{term: lambda row, term=term: row[term] for term in (*TERMS, "low")},
        "high": lambda row: row["high"],
        "overall": lambda row: None if row["high"] is None else (row["low"] + row["high"]) / 2,
    }
    return {name: _figure([read(row) for row in rows]) for name, read in columns.items()}


def _figure(values: Sequence[float | None]) -> Figure:
    if not values or any(value is None for value in values):
        return Figure(None)
    data = 100.0 * np.asarray(values, float)
    picks = np.random.default_rng(SEED).integers(0, len(data), (RESAMPLES, len(data)))
    tail = 100.0 * (1.0 - CONFIDENCE) / 2
    low, high = np.percentile(data[picks].mean(axis=1), [tail, 100.0 - tail])
    return Figure(float(data.mean()), float(low), float(high))
