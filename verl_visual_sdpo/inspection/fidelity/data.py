"""How like the reference's *numbers* a chart's are: a term of ours, not ChartMimic's.

ChartMimic's four low-level terms never look at a number: a chart with every bar wrong can score 1. This term compares
the plotted series that the chart driver recorded (``drivers/chart_data.py``).

    closeness of two marks = exp(-max(0, d - SLACK) / TOLERANCE)     d: largest distance in one coordinate, as a share
                                                                      of what the reference's panel spans in it
    likeness of two series = F1 of the best one-to-one matching of their marks; curves: mean closeness to the other
                             curve at the same x, both ways
    data                   = F1 of the best one-to-one matching of the series

So it is 1 for equal data in whatever order they were drawn, a curve may be sampled otherwise, and it falls smoothly
with every number that is off, missing or too much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

TOLERANCE = 0.1
"""Share of the panel's span at which a mark's closeness has fallen to 1/e."""
SLACK = 0.005
"""Nobody reads a value off a picture more precisely than this share."""
POINT_FORMS = frozenset({"points", "curve", "outline"})
"""Forms of which one may be drawn in place of another: a line without a stroke is a scatter plot."""

Record = Mapping[str, Any]
Series = Mapping[str, Any]
Spans = Mapping[str, float]
Panel = tuple[int, int]  # figure, axes


def data_likeness(record: Record, reference: Record) -> float | None:
    """In [0, 1]; 1 where neither side plots anything, None where one of the records does not say what was plotted
    (it was made before this term)."""
    if "data" not in record or "data" not in reference:
        return None
    drawn, wanted = record["data"], reference["data"]
    if not drawn or not wanted:
        return float(not drawn and not wanted)
    spans = _spans(wanted)
    alike = np.array([[series_likeness(d, w, spans[tuple(w["panel"])]) for w in wanted] for d in drawn])
    return _matched(alike)


def series_likeness(drawn: Series, wanted: Series, spans: Spans) -> float:
    """Likeness of two series in [0, 1]; ``spans`` of the wanted one's panel by coordinate. 0 for other forms."""
    forms = {drawn["form"], wanted["form"]}
    if drawn["axes"] != wanted["axes"] or len(forms) > 1 and not forms <= POINT_FORMS:
        return 0.0
    one, other = (np.asarray(side["rows"], float) for side in (drawn, wanted))
    if one.shape == other.shape and (one == other).all():
        return 1.0
    scale = np.array([spans[letter] for letter in wanted["axes"]])
    one, other = one / scale, other / scale
    if forms == {"curve"} and all(_is_function(side) for side in (one, other)):
        return float((_along(one, other) + _along(other, one)) / 2)
    apart = np.abs(one[:, None, :] - other[None, :, :]).max(axis=-1)
    return _matched(_closeness(apart))


def _matched(alike: np.ndarray) -> float:
    """F1 of the best one-to-one matching; ``alike`` has a row for each that was drawn, a column for each wanted."""
    rows, columns = linear_sum_assignment(alike, maximize=True)
    return float(min(2.0 * alike[rows, columns].sum() / sum(alike.shape), 1.0))


def _closeness(apart: np.ndarray) -> np.ndarray:
    return np.exp(-np.maximum(apart - SLACK, 0.0) / TOLERANCE)


def _is_function(rows: np.ndarray) -> bool:
    """Whether y is a function of x, given by more than one point from left to right."""
    return rows.shape[1] == 2 and len(rows) > 1 and bool((np.diff(rows[:, 0]) > 0).all())


def _along(points: np.ndarray, curve: np.ndarray) -> float:
    """Mean closeness of points to a curve at the same x; beyond its ends the way to the end counts too."""
    x, y = points.T
    beyond = np.maximum(np.maximum(curve[0, 0] - x, x - curve[-1, 0]), 0.0)
    apart = np.maximum(np.abs(y - np.interp(x, curve[:, 0], curve[:, 1])), beyond)
    return float(_closeness(apart).mean())


def _spans(wanted: Sequence[Series]) -> dict[Panel, dict[str, float]]:
    """What each panel of the reference spans in each coordinate; a span of nothing is the value's own size, or 1."""
    values: dict[tuple[Panel, str], list[float]] = {}
    for series in wanted:
        for row in series["rows"]:
            for letter, value in zip(series["axes"], row):
                values.setdefault((tuple(series["panel"]), letter), []).append(value)
    spans: dict[Panel, dict[str, float]] = {}
    for (panel, letter), found in values.items():
        low, high = min(found), max(found)
        whole = max(abs(low), abs(high))
        spans.setdefault(panel, {})[letter] = high - low if high - low > 1e-9 * whole else whole or 1.0
    return spans
