"""How different two colours look: sRGB to CIELAB and the CIEDE2000 difference, vectorised over numpy arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# IEC 61966-2-1 (sRGB) primaries to CIE XYZ, and the D65 white of the 2-degree observer.
_RGB_TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def hex_to_lab(colors: Sequence[str]) -> np.ndarray:
    """``#rrggbb`` texts (a trailing alpha is ignored) to CIELAB, shape (N, 3), L in [0, 100]."""
    rgb = np.array([[int(color[i : i + 2], 16) for i in (1, 3, 5)] for color in colors], dtype=float)
    rgb = rgb.reshape(-1, 3) / 255.0
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = np.moveaxis(_lab_response(linear @ _RGB_TO_XYZ.T / _WHITE), -1, 0)
    return np.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)


def _lab_response(t: np.ndarray) -> np.ndarray:
    """CIE 15: a cube root with a straight piece near black."""
    return np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)


def ciede2000(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """CIEDE2000 difference with k_L = k_C = k_H = 1; shapes (..., 3) broadcast to (...).

    Sharma, Wu, Dalal: "The CIEDE2000 color-difference formula: implementation notes, supplementary test data, and
    mathematical observations", Color Research and Application 30(1), 2005; numbers in brackets are its equations.
    """
    (l1, a1, b1), (l2, a2, b2) = (
        np.moveaxis(np.asarray(one, float), -1, 0),
        np.moveaxis(np.asarray(other, float), -1, 0),
    )
    mean_chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * _saturating(mean_chroma)  # 1 + G, (4) and (5)
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, stretch * a1)) % 360, np.degrees(np.arctan2(b2, stretch * a2)) % 360
    gray = c1 * c2 == 0  # hue has no meaning there

    turn = (h2 - h1 + 180) % 360 - 180  # the short way round, (10)
    turn = np.where(h2 - h1 == 180, 180.0, turn)
    delta_hue = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(np.where(gray, 0.0, turn)) / 2)  # (11)

    lightness, chroma = (l1 + l2) / 2, (c1 + c2) / 2
    total = h1 + h2
    wrapped = np.where(total < 360, total + 360, total - 360)
    hue = np.where(gray, total, np.where(np.abs(h1 - h2) <= 180, total, wrapped) / 2)  # (14)
    weight = (
        1 - 0.17 * _cos(hue - 30) + 0.24 * _cos(2 * hue) + 0.32 * _cos(3 * hue + 6) - 0.20 * _cos(4 * hue - 63)
    )  # (15)
    scale_l = 1 + 0.015 * (lightness - 50) ** 2 / np.sqrt(20 + (lightness - 50) ** 2)  # (18)
    scale_c = 1 + 0.045 * chroma  # (19)
    scale_h = 1 + 0.015 * chroma * weight  # (20)
    rotation = (
        -2 * _saturating(chroma) * np.sin(np.radians(60 * np.exp(-(((hue - 275) / 25) ** 2))))
    )  # (16), (17), (21)

    dl, dc, dh = (l2 - l1) / scale_l, (c2 - c1) / scale_c, delta_hue / scale_h
    return np.sqrt(np.maximum(dl**2 + dc**2 + dh**2 + rotation * dc * dh, 0.0))  # (22)


def _saturating(chroma: np.ndarray) -> np.ndarray:
    return np.sqrt(chroma**7 / (chroma**7 + 25.0**7))


def _cos(degrees: np.ndarray) -> np.ndarray:
    return np.cos(np.radians(degrees))
