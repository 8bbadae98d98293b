"""low-contrast

What
    The colour of a text is too close to what is really behind it in the picture.
Why
    It cannot be read: light grey on white, white numbers on the bright end of a colour map.
Known limits
    The background is measured, not looked up: the text's rectangle is sampled in its own direction, in cells about one
    character wide, and the median pixel of a cell is taken for what lies behind (glyphs fill less than half of it). The
    lower quartile of the cells counts, so a text half on a dark bar fails. Text with an outline (path effects), text
    whose colour is not known and text that lies on other text are undetermined; so is what misses WCAG's ratio by
    little (black on matplotlib's own red, 4.2:1): readers differ there. WCAG's exempt logos are not recognised.
Example
    ``ax.set_xlabel("Year", color="lightgray")``
Options
    ratio         least contrast of text            (WCAG 2.2, 1.4.3: 4.5)
    large_ratio   least contrast of large text      (WCAG 2.2, 1.4.3: 3)
    large_px      size from which text is large     (WCAG: 18 pt = 24 px)
    large_bold_px the same for bold text            (WCAG: 14 pt = 18.67 px)
    sure          part of the required ratio below which it is a defect; from there to the ratio it is undetermined
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from verl_visual_sdpo.inspection.detect.detector import (
    TEXT_KINDS,
    Detector,
    Finding,
    covered_share,
    decode,
    font_px,
    is_finite,
    opacity,
    quote,
    severity,
    text_shape,
    touching,
    visible_share,
)
from verl_visual_sdpo.types import Defect, Element, Scene, Undetermined


@dataclass(frozen=True, slots=True)
class Limits:
    ratio: float = 4.5
    large_ratio: float = 3.0
    large_px: float = 24.0
    large_bold_px: float = 18.67
    sure: float = 2 / 3


QUANTILE = 0.25  # of the cells of a text
MEASURABLE = 0.6  # part of a text that must be inside the picture
OVERLAID, TRIM = 0.1, 0.15  # share of a text under another one that spoils the measurement; font sizes
TOLERANCE = 0.02  # pixels are 8-bit and the picture is anti-aliased


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    readable = [
        e
        for e in scene.elements
        if e.kind in TEXT_KINDS and e.text.strip() and is_finite(e) and e.box.area > 0 and opacity(e) > 0
        if visible_share(e, scene) >= MEASURABLE
    ]
    if not readable:
        return
    if not scene.image:
        yield Undetermined("low-contrast", "the scene carries no picture", tuple(e.id for e in readable))
        return
    pixels = decode(scene.image)
    overlaid = {e.id for a, b in touching(readable) if covered_share(a, b, TRIM) > OVERLAID for e in (a, b)}
    failing: dict[tuple, list[tuple[float, float, Element]]] = {}
    for e in readable:
        if reason := f"{quote(e)} lies on another text" if e.id in overlaid else _not_measurable(e):
            yield Undetermined("low-contrast", reason, (e.id,))
            continue
        required = _required(e, limits)
        measured = contrast(e, pixels)
        if limits.sure * required <= measured < required - TOLERANCE:
            reason = f"{quote(e)}: {measured:.2f}:1 misses {required:g}:1 by little"
            yield Undetermined("low-contrast", reason, (e.id,))
        elif measured < required - TOLERANCE:
            failing.setdefault(_group(e), []).append((measured / required, measured, e))
    for group in failing.values():
        yield _defect(group, limits)


def contrast(e: Element, pixels: np.ndarray) -> float:
    """The lower quartile over the text's cells of WCAG's contrast between the text and its background."""
    color = np.array([int(e.style["color"].lstrip("#")[i : i + 2], 16) for i in (0, 2, 4)], dtype=float)
    ratios = []
    for cell in _cells(e, pixels):
        behind = np.median(cell.reshape(-1, 3), axis=0)
        seen = opacity(e) * color + (1.0 - opacity(e)) * behind
        ratios.append(contrast_ratio(seen, behind))
    return float(np.quantile(ratios, QUANTILE))


def contrast_ratio(a: np.ndarray, b: np.ndarray) -> float:
    """(L1 + 0.05) / (L2 + 0.05) of two sRGB colours 0..255, the lighter one first (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(a), _luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(rgb: np.ndarray) -> float:
    """WCAG 2.2, "relative luminance"."""
    c = np.asarray(rgb, dtype=float) / 255.0
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def _cells(e: Element, pixels: np.ndarray) -> list[np.ndarray]:
    """The pixels under a text, sampled once a px in its own direction and cut along it about every font size."""
    start_top, end_top, _, start_bottom = (np.array(p) for p in text_shape(e, along=0.1, across=0.05))
    along, down = end_top - start_top, start_bottom - start_top
    columns, rows = max(int(np.hypot(*along)), 2), max(int(np.hypot(*down)), 2)
    u, v = np.meshgrid((np.arange(columns) + 0.5) / columns, (np.arange(rows) + 0.5) / rows)
    x = np.clip(start_top[0] + u * along[0] + v * down[0], 0, pixels.shape[1] - 1).astype(int)
    y = np.clip(start_top[1] + u * along[1] + v * down[1], 0, pixels.shape[0] - 1).astype(int)
    return np.array_split(pixels[y, x], max(round(columns / font_px(e)), 1), axis=1)


def _not_measurable(e: Element) -> str:
    color = e.style.get("color")
    if not isinstance(color, str) or len(color) < 7:
        return f"the colour of {quote(e)} is not known"
    if e.style.get("path_effects"):
        return f"{quote(e)} is drawn with an outline"
    return ""


def _required(e: Element, limits: Limits) -> float:
    weight = e.style.get("font_weight", "normal")
    bold = int(weight) >= 600 if str(weight).isdigit() else weight in {"bold", "heavy", "black", "semibold"}
    large = font_px(e) >= (limits.large_bold_px if bold else limits.large_px)
    return limits.large_ratio if large else limits.ratio


def _group(e: Element) -> tuple:
    """Labels of one kind and colour in one panel are one finding: a loop wrote them."""
    return (e.kind, e.panel, e.parent, e.style.get("axis"), e.style["color"])


def _defect(group: list[tuple[float, float, Element]], limits: Limits) -> Defect:
    group.sort(key=lambda item: (item[0], item[2].id))
    _, measured, worst = group[0]
    required = _required(worst, limits)
    count = f" and {len(group) - 1} more" if len(group) > 1 else ""
    return Defect(
        detector="low-contrast",
        severity=severity((required - measured) / (required - 1.0), floor=0.3),
        boxes=tuple(e.box for _, _, e in group),
        element_ids=tuple(e.id for _, _, e in group),
        measured=round(measured, 2),
        required=required,
        message=f"{quote(worst)}{count}: contrast {measured:.2f}:1 against what is behind it, {required:g}:1 required",
        faulty=len(group),
        props=("color", "size", "font", "visible", "position"),
    )


DETECTOR = Detector("low-contrast", find, Limits())
