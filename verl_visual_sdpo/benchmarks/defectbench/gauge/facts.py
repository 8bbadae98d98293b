"""Measurements of a program's figures, and the :class:`Gauge` that takes them in the sandbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verl_visual_sdpo.errors import SandboxError
from verl_visual_sdpo.inspection.sandbox import Limits, SandboxPool
from verl_visual_sdpo.inspection.sandbox.screen import imported_modules
from verl_visual_sdpo.types import Box

DRIVER = Path(__file__).with_name("driver") / "gauge_driver.py"


@dataclass(frozen=True, slots=True)
class TextFacts:
    """A visible text. ``role``: title, xlabel, ylabel, xtick, ytick, heading, legend, table or text; ``axes`` is the
    index of its axes (-1: the figure's). ``ink`` is its px on the canvas, ``cut`` the share of its ink that clipping
    takes, ``outside`` the share of its box beyond the canvas, ``size`` its font's px, ``contrast`` the ratio of
    luminances to what lies around it, ``on_marks`` and ``on_areas`` the px of its ink on lines and on filled data;
    ``frame`` is True when a box is drawn behind it."""

    string: str
    role: str
    axes: int
    box: Box
    ink: int
    cut: float
    outside: float
    size: float
    color: str
    contrast: float
    on_marks: int
    on_areas: int
    frame: bool


@dataclass(frozen=True, slots=True)
class Axes:
    """``points`` data points of which ``outside`` lie beyond the frame; ``beside`` are those of lines that run out at a
    side, ``ticks`` the labels along x and y. Of an axes inside another ``covers`` are the px below it at which the
    other one's data changes its colour."""

    box: Box
    visible: bool
    framed: bool
    plain: bool
    colorbar: bool
    content: bool
    outside: int
    beside: int
    points: int
    ticks: Mapping[str, list[str]]
    covers: int


@dataclass(frozen=True, slots=True)
class Legend:
    """``covers`` are the px below it at which the data changes its colour; ``entries`` how much it explains."""

    axes: int
    box: Box
    outside: float
    covers: int
    entries: int


@dataclass(frozen=True, slots=True)
class Hidden:
    """An artist and the share of its own ink that can be ``seen`` in the picture."""

    role: str
    axes: int
    string: str
    box: Box
    seen: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure; lengths in px at its own dpi. ``scale`` takes them to the saved picture (None where that is cropped
    to its content). ``overlaps`` are (text, text, px that touch, px of the smaller one); ``marks`` the px
    of all lines and marks."""

    size: tuple[int, int]
    scale: float
    tight: bool
    texts: tuple[TextFacts, ...]
    overlaps: tuple[tuple[int, int, int, int], ...]
    axes: tuple[Axes, ...]
    legends: tuple[Legend, ...]
    hidden: tuple[Hidden, ...]
    marks: int
    image: bytes


@dataclass(frozen=True, slots=True)
class Facts:
    """What a run drew, or why it failed (``error``)."""

    figures: tuple[Figure, ...]
    error: str = ""

    @property
    def ok(self) -> bool:
        return not self.error and bool(self.figures)

    @property
    def panels(self) -> int:
        """Framed axes of the fullest figure, colour bars left out."""
        return max((sum(ax.framed and not ax.colorbar for ax in f.axes) for f in self.figures), default=0)


class Gauge:
    """Measures programs in sandboxed workers; thread-safe, to be closed."""

    def __init__(self, workers: int = 1, timeout: float = 120.0, policy: str = "strict") -> None:
        self._pool = SandboxPool(DRIVER, workers=workers, limits=Limits(seconds=timeout), policy=policy)

    def measure(self, source: str, *, hidden: bool = False) -> Facts:
        """Run a program that compiles. ``hidden`` also asks how much of each artist can be seen (slow)."""
        outcome = self._pool.run({"source": source, "hidden": hidden}, imports=imported_modules(source))
        if outcome.end != "done":
            return Facts((), f"{outcome.end} after {outcome.seconds:.1f} s: {outcome.output[-500:]}")
        return _read(outcome.result)

    def close(self) -> None:
        self._pool.close()

    def __enter__(self) -> Gauge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _read(frame: bytes) -> Facts:
    try:
        length = int.from_bytes(frame[:8], "big")
        report, position, figures = json.loads(frame[8 : 8 + length]), 8 + length, []
        for plain in report["figures"]:
            figures.append(_figure(plain, frame[position : position + plain["bytes"]]))
            position += plain["bytes"]
        return Facts(tuple(figures), report["error"])
    except (ValueError, KeyError, TypeError) as error:
        raise SandboxError(f"the measuring driver's report cannot be read: {error}") from error


def _figure(plain: Mapping[str, Any], image: bytes) -> Figure:
    def rows(name: str, make: type) -> tuple:
        return tuple(make(**{**row, "box": Box(*row["box"])}) for row in plain[name])

    return Figure(
        size=tuple(plain["size"]),
        scale=plain["scale"],
        tight=plain["tight"],
        texts=rows("texts", TextFacts),
        overlaps=tuple(tuple(pair) for pair in plain["overlaps"]),
        axes=rows("axes", Axes),
        legends=rows("legends", Legend),
        hidden=rows("hidden", Hidden),
        marks=plain["marks"],
        image=image,
    )
