"""low-contrast

What
    The colour of a text is too close to what is really behind it in the picture.
Why
    It cannot be read: light grey on white, white numbers on the bright end of a colour map.
Known limits
    What lies behind a text is measured, not looked up: stretch by stretch along it, each about one character wide,
    the pixels that its glyphs were drawn on (where the renderer does not tell them: the median pixel of the text's
    rectangle, since glyphs fill less than half of it). The lower quartile of the stretches counts, so a text half on a
    dark bar fails. Text with an outline (path effects) and text whose colour is not known are undetermined; so is what
    misses WCAG's ratio by little everywhere (black on matplotlib's own red, 4.2:1), where readers differ, and text in
    the colour of the thing it names (the axis label of an orange curve), as long as ``key_ratio`` holds. Large faint
    words over a picture are watermarks and clean, texts of disabled controls exempt (WCAG); its exempt logos are not
    recognised. On a page the engine tells the colour behind a text; the picture is asked where that is a gradient or
    something that is no ancestor of the text. What something else hides altogether is ``covered-text``. What fails on a
    picture from elsewhere is undetermined: a placeholder stands there. Glyphs of icon fonts need ``large_ratio`` (WCAG
    2.2, 1.4.11).
Example
    ``ax.set_xlabel("Year", color="lightgray")``; ``p { color: #ccc }``
Options
    ratio         least contrast of text            (WCAG 2.2, 1.4.3: 4.5)
    large_ratio   least contrast of large text      (WCAG 2.2, 1.4.3: 3)
    large_px      size from which text is large     (WCAG: 18 pt = 24 px)
    large_bold_px the same for bold text            (WCAG: 14 pt = 18.67 px)
    key_ratio     least contrast of text in the colour of the data it names
    sure          part of the required ratio below which it is a defect; from there to the ratio it is undetermined
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import numpy as np

from verl_visual_sdpo.inspection.detect.contrast import contrast_ratio, rgb, unlike
from verl_visual_sdpo.inspection.detect.detector import (
    DATA_KINDS,
    FAINT,
    TEXT_KINDS,
    Detector,
    Finding,
    decode,
    font_px,
    is_finite,
    is_icon,
    opacity,
    quote,
    seen_lines,
    severity,
    shared,
    text_shape,
    touching,
    visible_share,
)
from verl_visual_sdpo.inspection.detect.pages import Tree, is_hidden, sheet_behind
from verl_visual_sdpo.inspection.detect.slides import is_deck
from verl_visual_sdpo.types import Defect, Element, Scene, Undetermined


@dataclass(frozen=True, slots=True)
class Limits:
    ratio: float = 4.5
    large_ratio: float = 3.0
    large_px: float = 24.0
    large_bold_px: float = 18.67
    key_ratio: float = 1.8
    sure: float = 2 / 3


QUANTILE = 0.25  # of the cells of a text
LETTERS = 0.6  # part of a cell that letters may cover
MEASURABLE = 0.6  # part of a text that must be inside the picture
OVERLAID, TRIM = 0.1, 0.15  # share of a text under another one that spoils the measurement; font sizes
SAID = frozenset({"heading", "link-text", "button-text"})  # of a page: never a watermark
WATERMARK = 1.8  # a faint text with a font this many times the picture's median is meant to be faint
TOLERANCE = 0.02  # pixels are 8-bit and the picture is anti-aliased


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    readable = [
        e
        for e in scene.elements
        if e.kind in TEXT_KINDS and e.text.strip() and is_finite(e) and e.box.area > 0 and opacity(e) > 0
        if visible_share(e, scene) >= MEASURABLE and not e.style.get("disabled") and e.style.get("seen") is not False
    ]
    if not readable:
        return
    if not scene.image and not all(_behind(e) for e in readable):
        yield Undetermined("low-contrast", "the scene carries no picture", tuple(e.id for e in readable))
        return
    overlaid = _overlaid(readable)
    tree = Tree(scene) if any(e.style.get("behind_text") is not None for e in readable) else None
    dense = is_deck(scene)  # letters are as large as their boxes there
    usual, keys = median(font_px(e) for e in readable), _key_colors(scene)
    failing: dict[tuple, list[tuple[float, float, Element]]] = {}
    for e in readable:
        if opacity(e) < FAINT and font_px(e) >= WATERMARK * usual and e.kind not in SAID:
            continue
        if reason := f"{quote(e)} lies on another text" if e.id in overlaid else _not_measurable(e):
            yield Undetermined("low-contrast", reason, (e.id,))
            continue
        required, ratios = _required(e, limits), contrasts(e, scene.image, dense=dense)
        measured = float(np.quantile(ratios, QUANTILE))
        if measured >= required - TOLERANCE:
            continue
        if tree is not None:
            if is_hidden(tree, e):
                continue  # covered-text
            ratios, reason = _really_behind(tree, e, ratios)
            if reason:
                yield Undetermined("low-contrast", reason, (e.id,))
                continue
            measured = float(np.quantile(ratios, QUANTILE))
            if measured >= required - TOLERANCE:
                continue
        if reason := _doubt(e, measured, min(ratios), required, keys, limits):
            yield Undetermined("low-contrast", f"{quote(e)}: {measured:.2f}:1 of {required:g}:1, {reason}", (e.id,))
        else:
            failing.setdefault(_group(e), []).append((measured / required, measured, e))
    for group in failing.values():
        yield _defect(group, limits)


def _doubt(e: Element, measured: float, least: float, required: float, keys: frozenset[str], limits: Limits) -> str:
    """Why a ratio below the required one may be no mistake; "" when it is one."""
    if min(measured, least) >= limits.sure * required:
        return "missed by little"
    if e.style["color"] in keys and measured >= limits.key_ratio and opacity(e) == 1.0:
        return "in the colour of what it names"
    return ""


def _overlaid(readable: list[Element]) -> set[int]:
    """Texts on other texts: what is behind them is words."""
    lines = {e.id: seen_lines(e, TRIM) for e in readable}
    return {e.id for a, b in touching(readable) if shared(lines[a.id], lines[b.id]) > OVERLAID for e in (a, b)}


def _key_colors(scene: Scene) -> frozenset[str]:
    """The colours that stand for data: of lines and marks, and of what fills shapes."""
    found: set[str] = set()
    for e in scene.elements:
        if e.kind in DATA_KINDS and opacity(e) >= FAINT:
            look = e.style
            found.update(str(look.get("colors") or "").split())
            found.add(look.get("color") or look.get("face") or look.get("edge") or "")
    return frozenset(found - {"", "#000000", "#ffffff"})


def _really_behind(tree: Tree, e: Element, ratios: list[float]) -> tuple[list[float], str]:
    """The contrasts of a page's text with what it lies on, or why nothing can be said of it."""
    sheet = sheet_behind(tree, e)
    on_picture = e.style.get("behind_picture") == "url" if sheet is None else _is_unknown_picture(sheet)
    if on_picture:
        return [], f"{quote(e)} lies on a picture that is not there, but for a placeholder"
    return (ratios if sheet is None else contrasts(e, tree.scene.image, told=False)), ""


def _is_unknown_picture(e: Element) -> bool:
    return e.style.get("background_image") == "url" or e.style.get("tag") in {"img", "video", "object", "embed"}


def contrasts(e: Element, image: bytes, told: bool = True, dense: bool = False) -> list[float]:
    """WCAG's contrast between a text and what is behind it, for each stretch of the text; ``told``: as far as the
    renderer tells the colours behind it, else as the picture shows them; ``dense``: small bold letters may cover most
    of their rectangle, so the half of its pixels least like them is the ground."""
    color = rgb(e.style["color"])
    if told and (behind := _behind(e)):
        grounds = [rgb(word) for word in behind.split()]
    else:
        cells = [cell.reshape(-1, 3) for cell in _cells(e, decode(image))]
        grounds = [_between_letters(cell, color) if dense else np.median(cell, axis=0) for cell in cells]
    return [contrast_ratio(opacity(e) * color + (1.0 - opacity(e)) * ground, ground) for ground in grounds]


def _between_letters(cell: np.ndarray, color: np.ndarray) -> np.ndarray:
    """The half of a cell that is least like its letters; the middle of all where more is like them than letters are."""
    ground = np.median(unlike(cell, color), axis=0)
    like = np.linalg.norm(cell - color, axis=1) < np.linalg.norm(cell - ground, axis=1)
    return ground if float(like.mean()) <= LETTERS else np.median(cell, axis=0)


def _behind(e: Element) -> str:
    """The colours behind a text where the renderer tells them, "" otherwise."""
    return e.style.get("behind") or e.style.get("behind_text") or ""


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
    if e.style.get("path_effects") or e.style.get("text_shadow") not in (None, "", "none", False):
        return f"{quote(e)} is drawn with an outline or a shadow"
    if not _behind(e) and not any(c.isalnum() for c in e.text):
        return f"{quote(e)} has no letter: a symbol may fill its rectangle"
    return ""


def _required(e: Element, limits: Limits) -> float:
    weight = e.style.get("font_weight", "normal")
    bold = int(weight) >= 600 if str(weight).isdigit() else weight in {"bold", "heavy", "black", "semibold"}
    large = font_px(e) >= (limits.large_bold_px if bold else limits.large_px) or is_icon(e.text)
    return limits.large_ratio if large else limits.ratio


def _group(e: Element) -> tuple:
    """Labels of one kind and colour in one panel are one finding: a loop wrote them. On a page a rule did, and their
    parents differ."""
    if "behind_text" in e.style:
        return (e.kind, e.panel, e.style["color"], e.style["behind_text"])
    return (e.kind, e.panel, e.parent, e.style.get("axis"), e.style["color"])


def _defect(group: list[tuple[float, float, Element]], limits: Limits) -> Defect:
    group.sort(key=lambda item: (item[0], item[2].id))
    _, measured, worst = group[0]
    required = _required(worst, limits)
    count = f" and {len(group) - 1} more" if len(group) > 1 else ""
    return Defect(
        detector="low-contrast",
        severity=severity(measured, required, 1.0, floor=0.3),
        boxes=tuple(e.box for _, _, e in group),
        element_ids=tuple(e.id for _, _, e in group),
        measured=round(measured, 2),
        required=required,
        message=f"{quote(worst)}{count}: contrast {measured:.2f}:1 against what is behind it, {required:g}:1 "
        "required; choose a color that stands out",
        faulty=len(group),
        props=("color", "background", "size", "font", "visible", "position"),
    )


DETECTOR = Detector("low-contrast", find, Limits())
