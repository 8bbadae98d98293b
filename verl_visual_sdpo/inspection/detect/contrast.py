"""Contrast of two colours as WCAG 2.2 defines it."""

from __future__ import annotations

import numpy as np


def contrast_ratio(a: np.ndarray, b: np.ndarray) -> float:
    """(L1 + 0.05) / (L2 + 0.05) of two sRGB colours 0..255, the lighter one first (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(rgb: np.ndarray) -> float:
    """WCAG 2.2, "relative luminance"."""
    c = np.asarray(rgb, dtype=float) / 255.0
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def rgb(color: str) -> np.ndarray:
    """``#rrggbb`` as three numbers 0..255."""
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], dtype=float)


def unlike(pixels: np.ndarray, color: np.ndarray) -> np.ndarray:
    """The half of some pixels, shape (N, 3), that is least like a colour: what is behind letters of that colour."""
    away = np.linalg.norm(np.asarray(pixels, dtype=float) - color, axis=1)
    return pixels[np.argsort(away, kind="stable")[len(away) // 2 :]]


def way_gone(pixels: np.ndarray, ground: np.ndarray, color: np.ndarray) -> np.ndarray:
    """The part of the way from one colour to another (not the same) that pixels, shape (N, 3), have gone: shape (N,),
    0 for the ground's colour, 1 for that of letters."""
    way = color - ground
    return (pixels - ground) @ way / float(way @ way)
