"""The rows of the bench on charts: by kind, by mechanism, by change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from verl_visual_sdpo.benchmarks.defectbench.judge import ChartJudgement
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
from verl_visual_sdpo.benchmarks.defectbench.statistics import (
    UNKNOWN,
    Estimate,
    Row,
    overall_precision,
    precision_of,
    row_of,
    share,
    wilson,
)


def table(judged: Sequence[ChartJudgement], known: Iterable[str]) -> list[Row]:
    """One row a kind, and one over all. ``known`` are the ids of the detectors that there are."""
    known = set(known)
    rows = []
    for kind in KINDS.values():
        if of_kind := [j for j in judged if j.kind == kind.id]:
            own = next((d for d in kind.detectors if d in known), None)
            rows.append(_row(kind.id, of_kind, precision_of(judged, own), kind.detectors[0]))
    twins = [j for j in judged if j.kind in KINDS]
    return [*rows, _row("all", twins, overall_precision(judged, twins))] if twins else rows


def grouped(judged: Sequence[ChartJudgement], by: str) -> list[Row]:
    """Rows by ``change`` or ``mechanism`` of the twins; precision has no meaning there."""
    twins = [j for j in judged if j.kind in KINDS]
    names = sorted({getattr(j, by) for j in twins})
    return [_row(name, [j for j in twins if getattr(j, by) == name]) for name in names]


def _row(name: str, twins: Sequence[ChartJudgement], precision: Estimate = UNKNOWN, detector: str = "") -> Row:
    mapped = [j.mapped for j in twins if j.mapped is not None]
    return replace(
        row_of(name, twins, precision),
        undetermined=wilson(sum(j.unsure for j in twins), len(twins)),
        mapped1=share([m.top1 for m in mapped]),
        mapped3=share([m.top3 for m in mapped]),
        detector=detector,
    )
