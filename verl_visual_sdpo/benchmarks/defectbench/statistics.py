"""Rows of a table from judgements: shares with Wilson intervals, means with a bootstrap interval, all 95 %."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from verl_visual_sdpo.benchmarks.defectbench.judgement import COLLATERAL, Judgement

Z = 1.959964  # of the normal distribution, two-sided 95 %
RESAMPLES = 2000
WIDTH, NAME = 18, 24  # characters of a column, and of the first one


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share or mean with its 95 % interval; ``n`` cases. ``value`` is None where there is no case."""

    value: float | None
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        return "-" if self.value is None else f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def wilson(good: float, n: int) -> Estimate:
    """Wilson's score interval of a share. ``good`` may be a sum of chances in [0, 1] (equals ranked by lot): their
    variance is at most the binomial one, so that the interval is, if anything, too wide."""
    if n == 0:
        return Estimate(None, 0.0, 1.0, 0)
    share, spread = good / n, Z * Z / n
    centre = (share + spread / 2) / (1 + spread)
    half = Z * ((share * (1 - share) + spread / 4) / n) ** 0.5 / (1 + spread)
    return Estimate(share, max(centre - half, 0.0), min(centre + half, 1.0), n)


def share(chances: Sequence[float]) -> Estimate:
    """Wilson's interval of a mean of chances in [0, 1]."""
    return wilson(sum(chances), len(chances))


def bootstrap(values: Sequence[float]) -> Estimate:
    """Percentile bootstrap of a mean, with a fixed seed."""
    if not values:
        return Estimate(None, 0.0, 1.0, 0)
    data = np.asarray(values, dtype=float)
    means = data[np.random.default_rng(0).integers(0, len(data), (RESAMPLES, len(data)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return Estimate(float(data.mean()), float(low), float(high), len(data))


UNKNOWN = wilson(0, 0)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table. ``precision`` is over findings of the kind's own detector, in all programs judged. Of
    charts alone: ``undetermined``, and ``mapped1`` and ``mapped3``, top1 and top3 of the route of tracing that was
    scored beside."""

    name: str
    twins: int
    recall: Estimate
    precision: Estimate
    top1: Estimate
    top3: Estimate
    strict: Estimate
    mass: Estimate
    undetermined: Estimate = UNKNOWN
    mapped1: Estimate = UNKNOWN
    mapped3: Estimate = UNKNOWN
    detector: str = ""


def row_of(
    name: str,
    twins: Sequence[Judgement],
    precision: Estimate = UNKNOWN,
    mean: Callable[[Sequence[float]], Estimate] = share,
) -> Row:
    """Recall and credit of the twins; ``mean`` gives the interval of top1, top3 and strict."""
    credits = [j.credit for j in twins if j.credit is not None]
    return Row(
        name=name,
        twins=len(twins),
        recall=wilson(sum(bool(j.hits) for j in twins), len(twins)),
        precision=precision,
        top1=mean([c.top1 for c in credits]),
        top3=mean([c.top3 for c in credits]),
        strict=mean([c.strict for c in credits]),
        mass=bootstrap([c.mass for c in credits]),
    )


def precision_of(judged: Sequence[Judgement], detector: str | None) -> Estimate:
    """Of the findings of a detector, the share that was planted; collateral and known ones left out."""
    right = sum(f.detector == detector for j in judged for f in j.hits)
    wrong = sum(f.detector == detector for j in judged for f in j.wrong)
    return wilson(right, right + wrong)


def overall_precision(judged: Sequence[Judgement], twins: Sequence[Judgement]) -> Estimate:
    """The same of all detectors together: hits in the twins, against what is wrong anywhere."""
    right = sum(len(j.hits) for j in twins)
    return wilson(right, right + sum(len(j.wrong) for j in judged))


def alarms(judged: Sequence[Judgement], kind: str) -> tuple[int, Counter[str], Counter[str]]:
    """(programs, wrong findings by detector, findings the gauge agrees with by detector) of clean ones or controls."""
    chosen = [j for j in judged if j.kind == kind]
    wrong = Counter(f.detector for j in chosen for f in j.wrong)
    agreed = Counter(f.detector for j in chosen for f in j.findings if f.verdict == COLLATERAL)
    return len(chosen), wrong, agreed


def tabulated(head: str, rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    """The table as text, under a line of headings."""
    yield f"{head:<{NAME}}{'twins':>6}" + "".join(f"{name:>{WIDTH}}" for name in columns)
    for row in rows:
        yield f"{row.name:<{NAME}}{row.twins:>6}" + "".join(f"{getattr(row, c)!s:>{WIDTH}}" for c in columns)
