"""How well a text of a slide can be read: 1 as good as any, 0 not at all.

Large enough, apart from its ground in colour, on the slide, painted, not upside down, in letters that are letters, and
in lines that hold words. Between what everybody reads and what nobody does it falls gradually, so that a model that
shrinks or pales its words gains nothing at a threshold.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from verl_visual_sdpo.inspection.detect.contrast import contrast_ratio, rgb, unlike, way_gone
from verl_visual_sdpo.inspection.detect.detector import FAINT, decode, font_px, is_finite, opacity, text_lines
from verl_visual_sdpo.inspection.detect.slides import extent, was_seen
from verl_visual_sdpo.inspection.geometry import share_inside
from verl_visual_sdpo.types import Element, Scene

FONT = (6.0, 11.0)  # px of a slide 1280 px wide: from nothing to everything can be read (4.5 and 8.25 pt)
CONTRAST = (1.15, 2.0)  # the same of the contrast to the ground; below the second everybody squints
INSIDE = 0.5  # part of a text that must be on the slide
UPRIGHT = 120.0  # degrees by which a text may be turned
LINE, LONG = 2.5, 12  # characters a line that a text of so many needs: fewer, and it runs down letter by letter
SYMBOLS = ("symbol", "wingdings", "webdings", "dingbats", "marlett")  # fonts whose letters are pictures, or Greek
RANGE = 16.0  # distance in RGB between a text and its ground below which nobody sees it
WAY = 0.6  # part of the way from the ground's colour to the text's that a pixel of its ink goes; thin letters: THIN
INK, MESS = (0.02, 0.07), (0.5, 0.6)  # part of a text's pixels that are ink: 0.1 to 0.4 of letters; more is no letters
THIN, DOT = 0.25, 0.01  # the same of small letters and of signs without letters, of which this much is enough
SMALL = 12.0  # px of a font that is small in a picture


def legibility(e: Element, scene: Scene) -> float:
    """How well a text of a slide can be read there, in [0, 1]; 0 for what is no text."""
    if not e.text.strip() or not is_finite(e) or not was_seen(e) or opacity(e) < FAINT:
        return 0.0
    if _is_turned_over(e) or _runs_down(e) or _is_in_symbols(e) or share_inside(extent(e), scene.canvas) < INSIDE:
        return 0.0
    large = _worth(font_px(e) * 1280 / scene.size[0], FONT)
    return min(large, standing_out(e, scene.image)) if large and scene.image else large


def _worth(value: float, bounds: tuple[float, float]) -> float:
    return min(max((value - bounds[0]) / (bounds[1] - bounds[0]), 0.0), 1.0)


def _is_turned_over(e: Element) -> bool:
    degrees = float(e.style.get("rotation") or 0.0) % 360.0
    return min(degrees, 360.0 - degrees) > UPRIGHT


def _runs_down(e: Element) -> bool:
    letters, lines = len("".join(e.text.split())), int(e.style.get("lines") or 1)
    return letters >= LONG and letters < LINE * lines


def _is_in_symbols(e: Element) -> bool:
    fonts = f"{e.style.get('font_family')} {e.style.get('font_painted')}".casefold()
    return any(name in fonts for name in SYMBOLS)


def standing_out(e: Element, image: bytes) -> float:
    """How far a text's ink stands out in the picture: pixels go from the ground's colour some way towards the text's.

    White on white has no way to go, and what something else was painted over, all of it or in stripes, goes nowhere.
    Thin letters never go the whole way. On noise, and under other letters, nearly everything does.
    """
    pixels = decode(image)
    found = [cut.reshape(-1, 3) for line in text_lines(e) if (cut := _cut(line, pixels)).size]
    if not found:
        return 0.0
    inside = np.concatenate(found).astype(np.float32)
    color = e.style.get("color")
    if not isinstance(color, str) or len(color) < 7:
        return float(np.ptp(inside.mean(axis=1)) >= RANGE)
    ground = np.median(unlike(inside, rgb(color)), axis=0)
    painted = opacity(e) * rgb(color) + (1.0 - opacity(e)) * ground
    if np.linalg.norm(painted - ground) < RANGE:
        return 0.0
    gone = way_gone(inside, ground, painted)
    thin = font_px(e) < SMALL or not any(c.isalnum() for c in e.text)
    ink = float((gone >= WAY).mean())
    whole = float((gone >= THIN).mean() >= DOT) if thin else min(_worth(ink, INK), 1.0 - _worth(ink, MESS))
    return min(whole, _worth(contrast_ratio(painted, ground), CONTRAST))


def _cut(line: Sequence[tuple[float, float]], pixels: np.ndarray) -> np.ndarray:
    xs, ys = [x for x, _ in line], [y for _, y in line]
    left, right = (min(max(round(x), 0), pixels.shape[1]) for x in (min(xs), max(xs)))
    top, bottom = (min(max(round(y), 0), pixels.shape[0]) for y in (min(ys), max(ys)))
    return pixels[top:bottom, left:right]
