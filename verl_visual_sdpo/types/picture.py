"""What a program drew: elements in the px of a picture, origin top-left, y down, and the statements that own them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from verl_visual_sdpo.types.program import Execution


@dataclass(frozen=True, slots=True)
class Box:
    """Axis-aligned rectangle in px of the picture, origin top-left; ``left <= right`` and ``top <= bottom``."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def area(self) -> float:
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def center(self) -> tuple[float, float]:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


TIES = ("created", "mutated", "styled", "data")
MAPPED = "mapped"  # the tie of a Blame that a model named, without having seen the program run; never of an Owner


@dataclass(frozen=True, slots=True)
class Owner:
    """A statement's tie to an element.

    ``tie``: ``created`` it, ``mutated`` it later, ``styled`` it from afar (rcParams, tick_params, a CSS rule), or
    supplied its ``data``. ``prop`` is what was written (``text``, ``position``, ``size``, ``color``, ``rotation``,
    ``font``, ``limits`` or those of one direction as ``x-limits``, ``visible``, ``layout``, ``*`` when unknown or at
    creation). ``depth`` counts call frames of the program above the deepest one: 0 is the statement that made the call,
    1 the one that called its helper. ``order`` rises with time, so that the last writer of a property can be told.
    """

    statement: int
    tie: str
    prop: str = "*"
    depth: int = 0
    order: int = 0

    def __post_init__(self) -> None:
        if self.tie not in TIES:
            raise ValueError(f"owner tie {self.tie!r} is not one of {', '.join(TIES)}")


@dataclass(frozen=True, slots=True)
class Element:
    """Something visible in the picture.

    ``kind`` (charts): title, axis-label, tick-label, text, annotation, legend, legend-text, line, bar, patch, scatter,
    collection, image, colorbar, axes, figure.
    ``box`` is the whole extent in px, *before* clipping; ``clip`` what it is clipped to (None: only the picture).
    ``outline`` is the true shape where the box lies: the four corners of each line of a text, the vertices of a line,
    the centres of scatter marks, in px (at most a few hundred points). ``breaks`` are the positions in it where a
    further part begins (the second polygon of a collection); () when it is of one piece.
    ``panel`` is the id of the axes element it belongs to, ``parent`` the id of its container (legend, axes).
    ``style`` holds JSON scalars in px and hex: color, background, font_size, font_weight, rotation, alpha, zorder,
    line_width, face, edge, marker_size, axis ("x"/"y") where they apply.
    """

    id: int
    kind: str
    box: Box
    text: str = ""
    style: Mapping[str, Any] = field(default_factory=dict)
    owners: tuple[Owner, ...] = ()
    parent: int | None = None
    panel: int | None = None
    clip: Box | None = None
    outline: tuple[tuple[float, float], ...] = ()
    breaks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Scene:
    """One picture and everything visible in it: what every detector reads, alike for chart, page and slide.

    ``size`` is (width, height) in px; ``image`` the PNG as bytes (empty when it was left out of a dump).
    """

    size: tuple[int, int]
    elements: tuple[Element, ...]
    image: bytes = b""

    @property
    def canvas(self) -> Box:
        return Box(0.0, 0.0, float(self.size[0]), float(self.size[1]))

    def element(self, element_id: int) -> Element:
        for element in self.elements:
            if element.id == element_id:
                return element
        raise KeyError(f"scene has no element {element_id}; it has {len(self.elements)} elements")


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a renderer returns: how the run ended, one scene a picture, and facts about the drawing that a picture
    does not show (``record``; for charts: texts, layout, types, colors), JSON values only."""

    execution: Execution
    scenes: tuple[Scene, ...] = ()
    record: Mapping[str, Any] = field(default_factory=dict)
