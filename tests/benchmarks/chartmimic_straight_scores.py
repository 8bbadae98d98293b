"""ChartMimic's four scores, read straight from their definitions; for ``chartmimic_agreement.py``."""

from __future__ import annotations

import itertools
import math
from typing import Any

from scipy.optimize import linear_sum_assignment

KINDS = ("text", "layout", "type", "color")
MOST_ORDERS = 50_000
"""Assignments that are tried one by one; beyond, scipy finds the best."""


def straight_scores(drawn: dict[str, Any], wanted: dict[str, Any]) -> dict[str, float]:
    """F1 by kind, from what two programs were found to draw."""
    matched = {
        "text": _common(drawn["text"], wanted["text"]),
        "layout": _common(drawn["layout"], wanted["layout"]),
        "type": sum(min(n, wanted["type"].get(name, 0)) for name, n in drawn["type"].items()),
    }
    sizes = {kind: (len(drawn[kind]), len(wanted[kind])) for kind in ("text", "layout")}
    sizes["type"] = (sum(drawn["type"].values()), sum(wanted["type"].values()))
    one, other = thinned(drawn["color"]), thinned(wanted["color"])
    matched["color"], sizes["color"] = best_total(one, other), (len(one), len(other))
    scores = {}
    for kind in KINDS:
        precision, recall = (matched[kind] / n if n else 0.0 for n in sizes[kind])
        scores[kind] = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return scores


def _common(drawn: list[Any], wanted: list[Any]) -> int:
    left, count = list(drawn), 0
    for item in wanted:
        if item in left:
            left.remove(item)
            count += 1
    return count


def thinned(colors: list[Any]) -> list[Any]:
    if len(colors) <= 10:
        return colors
    kept: list[Any] = []
    for pair in colors:
        if not any(likeness(pair[1], other[1]) > 0.7 for other in kept):
            kept.append(pair)
    return kept


def best_total(drawn: list[Any], wanted: list[Any]) -> float:
    total = 0.0
    for group in {g for g, _ in drawn}:
        one, other = ([c for g, c in side if g == group] for side in (drawn, wanted))
        short, long = sorted((one, other), key=len)
        table = [[likeness(a, b) for b in long] for a in short]
        if math.perm(len(long), len(short)) <= MOST_ORDERS:
            orders = itertools.permutations(range(len(long)), len(short))
            total += max(sum(table[i][j] for i, j in enumerate(order)) for order in orders)
        else:
            rows, columns = linear_sum_assignment(table, maximize=True)
            total += sum(table[i][j] for i, j in zip(rows, columns))
    return total


def likeness(one: str, other: str) -> float:
    if one.startswith("#") and other.startswith("#"):
        return max(0.0, 1.0 - ciede2000(lab(one), lab(other)) / 100.0)
    return float(one == other)


def lab(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue))
    x = (0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047
    y = 0.2126729 * red + 0.7151522 * green + 0.0721750 * blue
    z = (0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883
    x, y, z = (t ** (1 / 3) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116 for t in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    """Sharma, Wu, Dalal (2005), step by step."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = (math.degrees(math.atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    dh = 0.0 if c1 * c2 == 0 else h2 - h1
    dh += 360 if dh < -180 else -360 if dh > 180 else 0
    total = h1 + h2
    if c1 * c2 == 0:
        hue = total
    elif abs(h1 - h2) <= 180:
        hue = total / 2
    else:
        hue = (total + 360) / 2 if total < 360 else (total - 360) / 2
    light, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    angle = [math.cos(math.radians(x)) for x in (hue - 30, 2 * hue, 3 * hue + 6, 4 * hue - 63)]
    t = 1 - 0.17 * angle[0] + 0.24 * angle[1] + 0.32 * angle[2] - 0.20 * angle[3]
    sl = 1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2)
    sc, sh = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    turn = 30 * math.exp(-(((hue - 275) / 25) ** 2))
    rt = -2 * math.sqrt(chroma**7 / (chroma**7 + 25**7)) * math.sin(math.radians(2 * turn))
    dl, dc = (l2 - l1) / sl, (c2 - c1) / sc
    dhue = 2 * math.sqrt(c1 * c2) * math.sin(math.radians(dh / 2)) / sh
    return math.sqrt(max(dl**2 + dc**2 + dhue**2 + rt * dc * dhue, 0.0))
