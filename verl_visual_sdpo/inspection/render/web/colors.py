"""Computed CSS colours as sRGB: (r, g, b, alpha), each in [0, 1]. See CSS Color Module Level 4, sections 10 to 17."""

from __future__ import annotations

import functools
import math
import re

Rgba = tuple[float, float, float, float]
TRANSPARENT: Rgba = (0.0, 0.0, 0.0, 0.0)

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_NUMBER = re.compile(r"none|-?[\d.]+(?:e-?\d+)?%?")
_LAB_WHITE = (0.3457 / 0.3585, 1.0, (1.0 - 0.3457 - 0.3585) / 0.3585)  # D50


@functools.lru_cache(maxsize=4096)
def parse(text: str) -> Rgba | None:
    """A colour as getComputedStyle writes it, or in hexadecimal digits; None for a notation that is not known."""
    if _HEX.fullmatch(text.strip()):
        return _hex(text.strip()[1:])
    name, _, rest = text.strip().lower().partition("(")
    if name == "transparent":
        return TRANSPARENT
    space, numbers = "", rest
    if name == "color":
        space, _, numbers = rest.strip().partition(" ")
    body, slash, alpha_text = numbers.partition("/")
    values = [_value(n) for n in _NUMBER.findall(body)]
    alpha = _value(_NUMBER.search(alpha_text)[0]) if slash and _NUMBER.search(alpha_text) else 1.0
    if name in {"rgb", "rgba"} and len(values) in (3, 4):
        alpha = values[3] if len(values) == 4 else alpha
        return (*_clamped(v / 255 for v in values[:3]), alpha)
    if len(values) != 3:
        return None
    if name == "color" and space in {"srgb", "display-p3"}:  # p3: near enough to compare colours by
        return (*_clamped(values), alpha)
    if name == "color" and space == "srgb-linear":
        return (*_clamped(_gamma(v) for v in values), alpha)
    if name in {"oklab", "oklch"}:
        return (*_oklab(*_rectangular(values, name)), alpha)
    if name in {"lab", "lch"}:
        return (*_lab(*_rectangular(values, name)), alpha)
    return None


def hexadecimal(color: Rgba) -> str:
    """``#rrggbb``, alpha left out."""
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in color[:3])


def over(front: Rgba, back: Rgba) -> Rgba:
    """``front`` painted on an opaque ``back``."""
    alpha = front[3]
    return (*(alpha * f + (1 - alpha) * b for f, b in zip(front[:3], back[:3])), 1.0)


def contrast(one: Rgba, other: Rgba) -> float:
    """WCAG 2.2's contrast ratio, alpha left out."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Rgba) -> float:
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color[:3])
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear))


def _hex(digits: str) -> Rgba:
    pairs = [d + d for d in digits] if len(digits) < 6 else [digits[i : i + 2] for i in range(0, len(digits), 2)]
    channels = [int(pair, 16) / 255 for pair in pairs]
    return (*channels[:3], channels[3] if len(channels) == 4 else 1.0)


def _value(text: str) -> float:
    if text == "none":
        return 0.0
    return float(text[:-1]) / 100 if text.endswith("%") else float(text)


def _clamped(values) -> tuple[float, float, float]:
    return tuple(min(max(v, 0.0), 1.0) for v in values)


def _gamma(linear: float) -> float:
    size = abs(linear)
    return math.copysign(12.92 * size if size <= 0.0031308 else 1.055 * size ** (1 / 2.4) - 0.055, linear)


def _rectangular(values: list[float], name: str) -> tuple[float, float, float]:
    lightness, a, b = values
    if name.endswith("lch"):
        angle = math.radians(b)
        return lightness, a * math.cos(angle), a * math.sin(angle)
    return lightness, a, b


def _oklab(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return _clamped(_gamma(v) for v in linear)


def _lab(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    fy = (lightness + 16) / 116
    fs = (fy + a / 500, fy, fy - b / 200)
    x, y, z = (w * (f**3 if f**3 > 216 / 24389 else (116 * f - 16) * 27 / 24389) for f, w in zip(fs, _LAB_WHITE))
    linear = (
        3.1341358529 * x - 1.6173863321 * y - 0.4906619460 * z,
        -0.9787954765 * x + 1.9162543774 * y + 0.0334428339 * z,
        0.0719553290 * x - 0.2289768264 * y + 1.4053860352 * z,
    )
    return _clamped(_gamma(v) for v in linear)
