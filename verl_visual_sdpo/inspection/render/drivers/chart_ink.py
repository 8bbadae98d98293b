"""What the last draw really drew: the ticks of each axis, and every text with its lines and the pixels behind them.

The pixels under a text are copied just before its first glyph is drawn and just after its last one. What differs is its
ink; the copy tells what lies behind it, and the finished picture whether something was drawn over it later.

Display coordinates: px, origin bottom-left. Rows of the buffer count from the top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

Corners = list[tuple[float, float]]
MARGIN = 1
"""px around the lines of a text that are looked at."""
CORE = 0.5
"""A pixel is the core of a glyph when it took at least this part of the ink's colour."""
LEAST = 10
"""Change of a channel, of 255, below which nothing was drawn."""
CELLS = 24
"""At most so many stretches of a text are looked at, each about as wide as its font is high."""
SPECK = 4
"""px of ink below which a stretch is looked at as a whole."""
LEFT_OVER = 0.35
"""A stretch of a text is covered when less than this part of its contrast is left in the finished picture."""


@dataclass
class DrawnText:
    """One draw of a text. ``lines`` are the corners of each line that is not blank: start, end at the baseline's side,
    then end, start at the top, in reading direction; ``angle`` in degrees."""

    text: Text
    content: str
    extent: Bbox
    angle: float
    lines: list[Corners]
    canvas: Any = None  # the pixel buffer it was drawn into
    corner: tuple[int, int] = (0, 0)  # row, column of the copies in the buffer
    before: np.ndarray | None = None
    after: np.ndarray | None = None
    font: float = 10.0  # px
    color: np.ndarray | None = None  # of the ink, 0..255

    def pixels(self, final: Any) -> dict[str, Any]:
        """``behind``: the colours behind the ink, stretch by stretch (hex, separated by blanks; one when all agree);
        ``covered``: the part of the stretches that something drawn later hides, in [0, 1]. {} when not known."""
        if self.before is None or self.after is None or self.canvas is not final._renderer:
            return {}
        before, after = (copy[..., :3].astype(np.int16) for copy in (self.before, self.after))
        change = np.abs(after - before).max(axis=2)
        if not change.size:
            return {}
        row, column = self.corner
        rows, columns = change.shape
        last = np.asarray(final._renderer)[row : row + rows, column : column + columns, :3]
        over = change.max() >= LEAST and (last != self.after[..., :3]).any()
        if not over and (before == before[0, 0]).all():
            return {"behind": _hex(before[0, 0])}
        possible = np.abs(before - self.color).max(axis=2)
        core = (change >= LEAST) & (change >= CORE * possible)
        stretches = _stretches(core, self)
        found: dict[str, Any] = {"behind": _colors(stretches, before)}
        if over:
            inked = [stretch for stretch in stretches if core[stretch].any()]
            hidden = [_left_over(before, after, last.astype(np.int16), *stretch) < LEFT_OVER for stretch in inked]
            found["covered"] = round(sum(hidden) / max(len(hidden), 1), 3)
        return found


class DrawLog:
    """``texts``: id of a text -> (the text, its draws); ``ticks``: id of an axis -> its ticks; both of the last draw of
    the figure. 3-D texts and the tick labels of some toolkits have no extent afterwards."""

    def __init__(self) -> None:
        self.texts: dict[int, tuple[Text, list[DrawnText]]] = {}
        self.ticks: dict[int, list[Any]] = {}
        self._current: DrawnText | None = None

    def clear(self) -> None:
        self.texts.clear()
        self.ticks.clear()

    def install(self) -> None:
        log, draw_text, update_ticks, draw_figure = self, Text.draw, Axis._update_ticks, Figure.draw
        draw_line = RendererAgg.draw_text

        def draw(text: Text, renderer: Any) -> None:
            if not text.get_visible() or not text.get_text().strip():
                draw_text(text, renderer)
                return
            outer, log._current = log._current, _measure(text, renderer)
            drawn = log._current
            try:
                draw_text(text, renderer)
            finally:
                log._current = outer
            if drawn is None:
                return
            if drawn.before is not None and getattr(renderer, "_renderer", None) is drawn.canvas:
                drawn.after = _copy(drawn, drawn.before.shape)
            log.texts.setdefault(id(text), (text, []))[1].append(drawn)

        def draw_text_line(renderer: RendererAgg, *args: Any, **kwargs: Any) -> None:
            drawn = log._current
            if drawn is not None and drawn.before is None:
                _look_behind(drawn, renderer)
            draw_line(renderer, *args, **kwargs)

        def _update_ticks(axis: Axis) -> list[Any]:
            ticks = log.ticks[id(axis)] = update_ticks(axis)
            return ticks

        def figure_draw(figure: Figure, renderer: Any) -> None:
            log.clear()  # a callback of the draw may draw again: what is seen is the last one
            draw_figure(figure, renderer)

        for made, original in ((draw, draw_text), (figure_draw, draw_figure)):
            made._supports_rasterization = True  # matplotlib asks its draw methods for this
            made.__wrapped__ = original
        Text.draw, Figure.draw = draw, figure_draw
        RendererAgg.draw_text = draw_text_line
        Axis._update_ticks = _update_ticks


def _measure(text: Text, renderer: Any) -> DrawnText | None:
    """Where the text is about to be drawn; None when it will not be (a position that is not finite, broken mathtext:
    drawing it says so)."""
    text._renderer = renderer  # the width that text is wrapped to needs it
    try:
        return _layout(text, renderer)
    except Exception:
        return None


def _layout(text: Text, renderer: Any) -> DrawnText | None:
    x, y = text.get_transform().transform(text.get_unitless_position())
    if not (math.isfinite(x) and math.isfinite(y)):
        return None
    angle = float(text.get_rotation())
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    box, info, _ = text._get_layout(renderer)
    lines = []
    for line, _, (dx, dy) in info:
        if not line.strip():
            continue
        shown, is_math = text._preprocess_math(line)
        width, height, descent = renderer.get_text_width_height_descent(shown, text.get_fontproperties(), is_math)
        corners = ((0, -descent), (width, -descent), (width, height - descent), (0, height - descent))
        lines.append([(x + dx + a * cos - b * sin, y + dy + a * sin + b * cos) for a, b in corners])
    font = renderer.points_to_pixels(text.get_fontsize())
    color = (255 * np.array(to_rgb(text.get_color()))).round()
    return DrawnText(text, text.get_text(), box.translated(x, y), angle, lines, font=font, color=color)


def _look_behind(drawn: DrawnText, renderer: RendererAgg) -> None:
    points = [point for line in drawn.lines for point in line]
    canvas = np.asarray(renderer._renderer)
    if not points or not np.isfinite(points).all():
        return
    left, low = np.floor(np.min(points, axis=0)).astype(int) - MARGIN
    right, high = np.ceil(np.max(points, axis=0)).astype(int) + MARGIN
    top, bottom = max(canvas.shape[0] - high, 0), min(canvas.shape[0] - low, canvas.shape[0])
    left, right = max(left, 0), min(right, canvas.shape[1])
    if top < bottom and left < right:
        drawn.canvas, drawn.corner = renderer._renderer, (top, left)
        drawn.before = _copy(drawn, (bottom - top, right - left))


def _copy(drawn: DrawnText, shape: tuple[int, ...]) -> np.ndarray:
    row, column = drawn.corner
    return np.asarray(drawn.canvas)[row : row + shape[0], column : column + shape[1]].copy()


def _stretches(core: np.ndarray, drawn: DrawnText) -> list[tuple[np.ndarray, np.ndarray]]:
    """The pixels (rows, columns) of the glyphs in each stretch of a text in reading direction. Where nothing was drawn
    that could be seen (a gap between words, ink in the colour of its ground) all pixels of the stretch."""
    rows, columns = np.nonzero(_inside(core.shape, drawn) | core)
    turn = math.radians(drawn.angle)
    along = columns * math.cos(turn) - rows * math.sin(turn)
    along -= along.min()
    stretch = (along / max(drawn.font, along.max() / CELLS, 1.0)).astype(int)
    inked, found = core[rows, columns], []
    for number in np.unique(stretch):
        of_it = stretch == number
        glyphs = of_it & inked
        chosen = glyphs if glyphs.sum() >= SPECK else of_it
        found.append((rows[chosen], columns[chosen]))
    return found


def _inside(shape: tuple[int, ...], drawn: DrawnText) -> np.ndarray:
    """Which pixels of the copies lie in a line of the text."""
    height = np.asarray(drawn.canvas).shape[0]
    y, x = np.mgrid[: shape[0], : shape[1]]
    x, y = x + drawn.corner[1] + 0.5, height - (y + drawn.corner[0] + 0.5)
    found = np.zeros(shape, bool)
    for line in drawn.lines:
        within = np.ones(shape, bool)
        for (x1, y1), (x2, y2) in zip(line, (*line[1:], line[0])):
            within &= (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) >= 0
        found |= within
    return found


def _colors(stretches: list[tuple[np.ndarray, np.ndarray]], before: np.ndarray) -> str:
    words = [_hex(np.median(before[stretch], axis=0).round().astype(int)) for stretch in stretches]
    return words[0] if len(set(words)) == 1 else " ".join(words)


def _hex(color: np.ndarray) -> str:
    return "#{:02x}{:02x}{:02x}".format(*color)


def _left_over(before: np.ndarray, after: np.ndarray, last: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    """How much of a stretch's contrast to the pixels around it is left at the end, 1 when nothing has changed."""
    window = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    around = (after[window] == before[window]).all(axis=2)
    if around.sum() < 2:
        return 1.0 if (last[rows, columns] == after[rows, columns]).mean() > 0.5 else 0.0

    def contrast(picture: np.ndarray) -> float:
        return float(np.abs(picture[rows, columns].mean(axis=0) - picture[window][around].mean(axis=0)).max())

    return contrast(last) / max(contrast(after), 1.0)
