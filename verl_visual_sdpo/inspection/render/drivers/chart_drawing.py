"""Draws a figure as ``print_figure`` would, and reads it from that one draw: picture, elements, facts."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any

import chart_record
import matplotlib
import numpy as np
from chart_ink import DrawLog
from chart_owners import Owners
from chart_scene import SceneBuilder
from matplotlib.backend_bases import FigureCanvasBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

PNG_COMPRESSION = 3
PRINT_OPTIONS = frozenset({"facecolor", "edgecolor", "orientation", "bbox_inches", "pad_inches", "bbox_extra_artists"})
"""Options of ``print_figure`` that decide a picture; the others are for other formats."""

_print_figure = FigureCanvasBase.print_figure  # before anybody puts a hook there


_readers: list[Callable[[FigureCanvasAgg], None]] = []  # of the drawings under way


def install(otherwise: Callable[..., None]) -> None:
    """Put the hook on; ``otherwise(canvas, filename)`` is what the program's own ``print_png`` does."""

    def print_png(canvas: FigureCanvasAgg, filename: Any, **options: Any) -> None:
        if not _readers:
            otherwise(canvas, filename, canvas.figure.dpi)
            return
        FigureCanvasAgg.draw(canvas)  # once before in vain, where a layout wants to know the renderer
        _readers[-1](canvas)

    FigureCanvasAgg.print_png = print_png


def draw(figure: Figure, dpi: float, options: Mapping[str, Any], read: Callable[[FigureCanvasAgg], None]) -> None:
    """Draw the figure; ``read`` is called with the canvas while the picture is on it."""
    _readers.append(read)
    try:
        _print_figure(figure.canvas, io.BytesIO(), dpi=dpi, format="png", **options)
    finally:
        _readers.pop()


def read(figure: Figure, canvas: FigureCanvasAgg, log: DrawLog, owners: Owners, calls: Any) -> dict[str, Any]:
    """What is on the canvas: size, elements, PNG and facts, JSON values besides the PNG."""
    renderer = canvas.renderer
    elements = SceneBuilder(owners, log, renderer, figure.dpi).build(figure)
    png = encode(np.asarray(canvas.buffer_rgba()))
    size = [int(renderer.width), int(renderer.height)]
    facts = chart_record.facts(figure, elements, calls)
    return {"size": size, "dpi": figure.dpi, "elements": elements, "bytes": len(png), "png": png, "facts": facts}


def bounded(figure: Figure, dpi: Any, max_pixels: float) -> float:
    """The program's dpi, or less where the picture would have more than ``max_pixels``."""
    dpi = matplotlib.rcParams["savefig.dpi"] if dpi is None else dpi
    dpi = figure.dpi if dpi == "figure" else dpi
    width, height = figure.get_size_inches()
    largest = (max_pixels / max(width * height, 1e-9)) ** 0.5
    return min(float(dpi), largest)


def encode(rgba: np.ndarray) -> bytes:
    """As PNG; a transparent picture is looked at on white."""
    picture = Image.fromarray(rgba)
    if rgba[..., 3].min() < 255:
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "png", compress_level=PNG_COMPRESSION)
    return buffer.getvalue()


def counting(scenes: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The scenes that count: at most so many, empty ones only where there is nothing else."""
    return ([s for s in scenes if len(s["elements"]) > 1] or scenes)[:most]


def reported(scenes: list[dict[str, Any]]) -> dict[str, Any]:
    """``scenes`` and ``record`` of a report."""
    plain = [{k: v for k, v in scene.items() if k not in ("png", "facts", "parcel")} for scene in scenes]
    return {"scenes": plain, "record": chart_record.merge([scene["facts"] for scene in scenes])}
