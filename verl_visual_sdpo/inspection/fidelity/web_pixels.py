"""How like two pages look as pictures: a term of ours (``pixels``), no part of Design2Code.

    pixels = sum(w * max(SSIM, 0)) / sum(w)        over the union of the two pages, at their own scale

SSIM is that of Wang, Bovik, Sheikh and Simoncelli ("Image quality assessment: from error visibility to structural
similarity", IEEE TIP 13(4), 2004) with an even window, on each channel of thumbnails. Its weight w is
the larger of the two pictures' local contrast plus a little for ground: most of a page is empty, and empty on empty
would make any two pages alike. Where only one of the pages reaches, the likeness is 0.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import uniform_filter

WIDTH = 160  # px at which pages are compared, however wide they are
TALLEST = 640  # px; what is below is not compared
WINDOW = 7  # px, each way
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # the paper's constants
GROUND = 4.0  # gray levels of contrast that a plain place counts for


def pixel_likeness(record: Mapping[str, Any], reference: Mapping[str, Any]) -> float | None:
    """In [0, 1], 1 for equal pictures; None where one of the records keeps no ``thumbnail`` ({"png": base64})."""
    if not record.get("thumbnail") or not reference.get("thumbnail"):
        return None
    one, other = (_pixels(side["thumbnail"]["png"]) for side in (record, reference))
    high = min(len(one), len(other))
    beyond = one[high:] if len(one) > high else other[high:]
    alike, weight = _compared(one[:high], other[:high])
    apart = _weight(beyond).sum() if len(beyond) else 0.0
    return float((alike * weight).sum() / (weight.sum() + apart))


def _pixels(png: str) -> np.ndarray:
    """(height, WIDTH, 3), 0..255, at most TALLEST high."""
    with Image.open(io.BytesIO(base64.b64decode(png)), formats=["PNG"]) as picture:
        height = max(round(picture.height * WIDTH / picture.width), 1)
        return np.asarray(picture.convert("RGB").resize((WIDTH, height), Image.BOX), float)[:TALLEST]


def _compared(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(likeness, weight) at every pixel and channel of two pictures of one size."""
    means = _local(one), _local(other)
    spreads = [np.maximum(_local(side**2) - mean**2, 0.0) for side, mean in zip((one, other), means)]
    shared = _local(one * other) - means[0] * means[1]
    alike = (2 * means[0] * means[1] + C1) * (2 * shared + C2)
    alike /= (means[0] ** 2 + means[1] ** 2 + C1) * (spreads[0] + spreads[1] + C2)
    return np.maximum(alike, 0.0), GROUND + np.sqrt(np.maximum(*spreads))


def _weight(picture: np.ndarray) -> np.ndarray:
    return GROUND + np.sqrt(np.maximum(_local(picture**2) - _local(picture) ** 2, 0.0))


def _local(values: np.ndarray) -> np.ndarray:
    """Means over the window around every pixel, edges mirrored."""
    return uniform_filter(values, size=(WINDOW, WINDOW, 1), mode="reflect")
