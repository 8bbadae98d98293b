"""Rows of the table from judgements: shares with Wilson intervals, mass with a bootstrap interval, all 95 %."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from verl_visual_sdpo.benchmarks.defectbench.judge import Judgement
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS

Z = 1.959964  # of the normal distribution, two-sided 95 %
RESAMPLES = 2000


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share or mean with its 95 % interval; ``n`` cases. ``value`` is None where there is no case."""

    value: float | None
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``precision`` is over findings of the kind's own detector, in all programs judged;
    ``mapped1`` and ``mapped3`` are top1 and top3 of the route of tracing that was scored beside."""

    name: str
    twins: int
    recall: Estimate
    precision: Estimate
    top1: Estimate
    top3: Estimate
    strict: Estimate
    mass: Estimate
    undetermined: Estimate
    mapped1: Estimate
    mapped3: Estimate
    detector: str = ""


def wilson(good: float, n: int) -> Estimate:
    """Wilson's score interval of a share. ``good`` may be a sum of chances in [0, 1] (equals ranked by lot): their
    variance is at most the binomial one, so that the interval is, if anything, too wide."""
    if n == 0:
        return Estimate(None, 0.0, 1.0, 0)
    share, spread = good / n, Z * Z / n
    centre = (share + spread / 2) / (1 + spread)
    half = Z * ((share * (1 - share) + spread / 4) / n) ** 0.5 / (1 + spread)
    return Estimate(share, max(centre - half, 0.0), min(centre + half, 1.0), n)


def bootstrap(values: Sequence[float]) -> Estimate:
    """Percentile bootstrap of a mean, with a fixed seed."""
    if not values:
        return Estimate(None, 0.0, 1.0, 0)
    data = np.asarray(values, dtype=float)
    means = data[np.random.default_rng(0).integers(0, len(data), (RESAMPLES, len(data)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(data.mean()), float(low), float(high), len(data))


def table(judged: Sequence[Judgement], known: Iterable[str]) -> list[Row]:
    """One row a kind, and one over all. ``known`` are the ids of the detectors that there are."""
    known = set(known)
    kinds = [kind for kind in KINDS.values() if any(j.kind == kind.id for j in judged)]
    rows = [
        _row(kind.id, [j for j in judged if j.kind == kind.id], _precision(kind, judged, known), kind) for kind in kinds
    ]
    twins = [j for j in judged if j.kind in KINDS]
    right = sum(len(j.hits) for j in twins)
    everything = wilson(right, right + sum(len(j.wrong) for j in judged))
    return [*rows, _row("all", twins, everything)] if twins else rows


def grouped(judged: Sequence[Judgement], by: str) -> list[Row]:
    """Rows by ``change`` or ``mechanism`` of the twins; precision has no meaning there."""
    twins = [j for j in judged if j.kind in KINDS]
    names = sorted({getattr(j, by) for j in twins})
    return [_row(name, [j for j in twins if getattr(j, by) == name], wilson(0, 0)) for name in names]


def _row(name: str, twins: Sequence[Judgement], precision: Estimate, kind: Kind | None = None) -> Row:
    credits = [j.credit for j in twins if j.credit is not None]
    mapped = [j.mapped for j in twins if j.mapped is not None]
    return Row(
        name=name,
        twins=len(twins),
        recall=wilson(sum(bool(j.hits) for j in twins), len(twins)),
        precision=precision,
        top1=wilson(sum(c.top1 for c in credits), len(credits)),
        top3=wilson(sum(c.top3 for c in credits), len(credits)),
        strict=wilson(sum(c.strict for c in credits), len(credits)),
        mass=bootstrap([c.mass for c in credits]),
        undetermined=wilson(sum(j.unsure for j in twins), len(twins)),
        mapped1=wilson(sum(m.top1 for m in mapped), len(mapped)),
        mapped3=wilson(sum(m.top3 for m in mapped), len(mapped)),
        detector=kind.detectors[0] if kind else "",
    )


def _precision(kind: Kind, judged: Sequence[Judgement], known: set[str]) -> Estimate:
    """Of the findings of the kind's own detector, the share that was planted; collateral and known ones left out."""
    own = next((d for d in kind.detectors if d in known), None)
    right = sum(f.detector == own for j in judged for f in j.hits)
    wrong = sum(f.detector == own for j in judged for f in j.wrong)
    return wilson(right, right + wrong)


def alarms(judged: Sequence[Judgement], kind: str) -> tuple[int, Counter[str], Counter[str]]:
    """(programs, wrong findings by detector, findings the gauge agrees with by detector) of clean ones or controls."""
    chosen = [j for j in judged if j.kind == kind]
    wrong = Counter(f.detector for j in chosen for f in j.wrong)
    agreed = Counter(f.detector for j in chosen for f in j.findings if f.verdict == "collateral")
    return len(chosen), wrong, agreed
