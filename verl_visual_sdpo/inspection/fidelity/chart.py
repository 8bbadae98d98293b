"""How like the reference a chart is: ChartMimic's four low-level terms from two records of one run each.

A *record* is what the chart driver writes down beside the picture: ``{"texts": [str], "layout": [[nrows, ncols, row0,
row1, col0, col1]], "types": {"bar": 1}, "colors": {"bar": ["#1f77b4"], "imshow": ["cmap:viridis"]}}``.

Every term is F1 = 2PR / (P + R) of a matching between what was drawn and what the reference draws. ChartMimic's scorer
gives 0 where neither side has anything to match (``empty="theirs"``); a chart without text that copies a chart without
text is not unlike it, so the reward uses ``empty="ours"``, which gives 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.fidelity.color import ciede2000, hex_to_lab
from verl_visual_sdpo.inspection.fidelity.data import data_likeness

TERMS = ("text", "layout", "type", "color")
OWN_TERMS = ("data",)
"""Terms of ours, which no figure under ChartMimic's name may hold."""

# ChartMimic thins a list of more than MANY_COLORS: a colour more similar than TOO_SIMILAR to an earlier one goes.
MANY_COLORS = 10
TOO_SIMILAR = 0.7

Record = Mapping[str, Any]


def likeness(record: Record, reference: Record, *, empty: str = "ours", thin: bool = True) -> dict[str, float]:
    """Terms ``text``, ``layout``, ``type``, ``color`` and their mean ``low``, each in [0, 1].

    ``empty`` says what a term is worth when both sides are empty: "ours" 1, "theirs" (ChartMimic's scorer) 0;
    ``thin`` whether look-alikes among many colours are dropped as the scorer does. Raises InvalidInputError for
    another ``empty``.
    """
    if empty not in ("ours", "theirs"):
        raise InvalidInputError(f"empty={empty!r} is not known; use 'ours' (1.0) or 'theirs' (0.0)")
    both_empty = 1.0 if empty == "ours" else 0.0
    terms = {
        "text": _multiset_f1(record, reference, _texts, both_empty),
        "layout": _multiset_f1(record, reference, _layout, both_empty),
        "type": _multiset_f1(record, reference, _types, both_empty),
        "color": _color_f1(_colors(record, thin), _colors(reference, thin), both_empty),
    }
    return {**terms, "low": sum(terms.values()) / len(terms)}


def compare(record: Record, reference: Record) -> dict[str, float]:
    """:func:`likeness` and, under ``data``, our own term of the plotted numbers (``fidelity/data.py``), which is no
    part of ``low``; it is left out where a record was made before there was one."""
    terms, data = likeness(record, reference), data_likeness(record, reference)
    return terms if data is None else {**terms, "data": data}


def _texts(record: Record) -> Counter:
    return Counter(record.get("texts", ()))


def _layout(record: Record) -> Counter:
    return Counter(tuple(cell) for cell in record.get("layout", ()))


def _types(record: Record) -> Counter:
    return Counter(record.get("types", {}))


def _multiset_f1(record: Record, reference: Record, read: Callable[[Record], Counter], both_empty: float) -> float:
    """F1 of the multiset intersection: a count matches as far as both sides have it."""
    drawn, wanted = read(record), read(reference)
    return _f1((drawn & wanted).total(), drawn.total(), wanted.total(), both_empty)


def _f1(matched: float, drawn: int, wanted: int, both_empty: float) -> float:
    """With P = matched / drawn and R = matched / wanted, 2PR / (P + R) is 2 matched / (drawn + wanted)."""
    if drawn + wanted == 0:
        return both_empty
    return 2.0 * matched / (drawn + wanted)


# --------------------------------------------------------------------------- colour

Color = tuple[str, str]  # (plotting function, "#rrggbb" or "cmap:name")


def _colors(record: Record, thin: bool) -> list[Color]:
    """Distinct colours by plotting function, in the order they were drawn; ``thin``: thinned when there are many."""
    every = [(function, c.lower()) for function, colors in record.get("colors", {}).items() for c in colors]
    distinct = list(dict.fromkeys(every))
    return _thin(distinct) if thin and len(distinct) > MANY_COLORS else distinct


def _thin(colors: list[Color]) -> list[Color]:
    """Greedily, over all functions together as the benchmark does: the first of any look-alikes stays."""
    alike = similarity([c for _, c in colors], [c for _, c in colors])
    kept: list[int] = []
    for i in range(len(colors)):
        if all(alike[i, j] <= TOO_SIMILAR for j in kept):
            kept.append(i)
    return [colors[i] for i in kept]


def _color_f1(drawn: list[Color], wanted: list[Color], both_empty: float) -> float:
    """F1 of the best one-to-one assignment within each plotting function, similarities summed over functions."""
    matched = 0.0
    for function in {f for f, _ in drawn} & {f for f, _ in wanted}:
        alike = similarity([c for f, c in drawn if f == function], [c for f, c in wanted if f == function])
        rows, columns = linear_sum_assignment(alike, maximize=True)
        matched += float(alike[rows, columns].sum())
    return _f1(matched, len(drawn), len(wanted), both_empty)


def similarity(drawn: Sequence[str], wanted: Sequence[str]) -> np.ndarray:
    """Similarity of every pair, shape (len(drawn), len(wanted)): max(0, 1 - CIEDE2000 / 100) for two colours, equality
    for two colour maps, 0 for one of each."""
    equal = np.array([[float(d == w) for w in wanted] for d in drawn]).reshape(len(drawn), len(wanted))
    rows = [i for i, d in enumerate(drawn) if d.startswith("#")]
    columns = [j for j, w in enumerate(wanted) if w.startswith("#")]
    if rows and columns:
        one, other = hex_to_lab([drawn[i] for i in rows]), hex_to_lab([wanted[j] for j in columns])
        equal[np.ix_(rows, columns)] = np.maximum(0.0, 1.0 - ciede2000(one[:, None], other[None, :]) / 100.0)
    return equal
