"""The driver that runs a matplotlib program and reports what it drew. Runs in the sandbox; speaks JSON and PNG.

``run`` takes ``{"source", "max_pixels", "max_figures", "chartmimic"}`` and emits one frame: 8 bytes (big-endian length
of the JSON), the JSON, then the PNG files one after the other. The JSON holds ``status``, ``error``, ``scenes`` (size, elements,
bytes of its PNG), ``chains`` (the program's positions that owners refer to), ``record`` and ``failure`` (ours, or "").

A figure's picture is its last ``savefig``; without one, what ``show`` would have shown; without either, what is open at
the end of the program. Nothing is drawn twice: the extents are read from the draw that made the picture.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import linecache
import os
import random
import sys
import traceback
import types
from collections.abc import Callable, Iterator
from typing import Any

import chart_mimic
import chart_record
import matplotlib
import matplotlib.animation
import matplotlib.pyplot as plt
import numpy as np
from chart_extent import DrawLog
from chart_owners import Owners
from chart_provenance import PROGRAM, Recorder, positions
from chart_scene import SceneBuilder
from matplotlib.backend_bases import FigureCanvasBase, FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.texmanager import TexManager
from PIL import Image

TRACEBACK_CHARS = 8000
"""The end of a traceback that is kept."""
PNG_COMPRESSION = 3
SEED = 0
"""Programs that draw unseeded random numbers still give the same picture, and so the same reward, each time."""


def warm_up() -> None:
    """Draw once, so that fonts, caches and lazy imports are in memory before the first program comes."""
    plt.switch_backend("agg")
    figure, axes = plt.subplots()
    axes.plot([1, 2], label="line")
    axes.bar([1, 2], [1, 2])
    axes.set(title="$x^2$", xlabel="x")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    plt.close("all")


def run(payload: dict[str, Any], write: Callable[[bytes], None]) -> None:
    """Run the program, capture its figures and emit the frame."""
    session = _Session(payload)
    session.install()
    status, error = session.execute(payload["source"])
    scenes = session.scenes()
    chartmimic = session.chartmimic() if status == "ok" else {}
    if status == "ok" and not scenes:
        status = "no_output"
        error = {
            "type": "NoOutput",
            "message": "the program ended without drawing a figure",
            "line": None,
            "traceback": "",
        }
    report = {"status": status, "error": error, "scenes": [], "record": {}, "chains": [], "failure": session.failure}
    if session.failure:
        status = "failed"
    elif status == "ok":
        report["scenes"] = [{k: v for k, v in s.items() if k not in ("png", "facts")} for s in scenes]
        report["record"] = chart_record.merge([s["facts"] for s in scenes]) | chartmimic
        report["chains"] = [list(positions(chain)) for chain in session.chains]
    text = json.dumps(report).encode()
    write(len(text).to_bytes(8, "big") + text)
    if status == "ok":
        for scene in scenes:
            write(scene["png"])


class _Session:
    """One program's run: the hooks, the captures so far."""

    def __init__(self, payload: dict[str, Any]) -> None:
        self.max_pixels, self.max_figures = payload["max_pixels"], payload["max_figures"]
        self.recorder, self.log, self.calls = Recorder(), DrawLog(), chart_record.PlottingCalls()
        self.chains: dict[Any, int] = {}
        self.saved: dict[Figure, dict[str, Any]] = {}
        self.shown: dict[Figure, dict[str, Any]] = {}
        self.failure = ""  # of ours, in reading a figure
        self.notes = chart_mimic.Notes() if payload.get("chartmimic") else None
        self.source = payload["source"]
        self._print_figure = FigureCanvasBase.print_figure

    def install(self) -> None:
        self.recorder.install()
        self.log.install()
        self.calls.install()
        if self.notes:
            self.notes.install(self.source)
        session = self

        def print_figure(canvas: FigureCanvasBase, filename: Any, dpi: Any = None, **options: Any) -> None:
            session.saved[canvas.figure] = scene = session.capture(canvas.figure, dpi, options)
            _deliver(filename, scene["png"])

        def print_png(canvas: FigureCanvasAgg, filename: Any, **options: Any) -> None:
            print_figure(canvas, filename, canvas.figure.dpi)

        def show(*args: Any, **kwargs: Any) -> None:
            session.show()

        FigureCanvasBase.print_figure, FigureCanvasAgg.print_png = print_figure, print_png
        plt._get_backend_mod().show = show
        FigureManagerBase.show = show
        FigureCanvasBase.draw_idle = lambda canvas, *args, **kwargs: (
            None
        )  # for a screen; Agg would draw everything again
        plt.switch_backend = lambda newbackend: None  # there is no display, and a picture is taken all the same
        matplotlib.use = lambda backend, *, force=True: None
        matplotlib.animation.Animation.save = lambda animation, *args, **kwargs: session.show()
        _remember_legend_handles()
        _refuse_latex()

    def execute(self, source: str) -> tuple[str, dict[str, Any] | None]:
        """(status, error) of running the source as ``__main__``."""
        module = types.ModuleType("__main__")
        module.__file__ = PROGRAM
        sys.modules["__main__"] = module
        sys.argv = [PROGRAM]
        linecache.cache[PROGRAM] = (len(source), None, source.splitlines(keepends=True), PROGRAM)
        _seed()
        try:
            exec(compile(source, PROGRAM, "exec", dont_inherit=True), vars(module))
            self.finish()
        except SystemExit as end:
            if end.code not in (None, 0):
                return "runtime_error", _describe(end)
            self.finish()
        except MemoryError as error:
            return "memory", _describe(error) | {"message": str(error) or "the program took more memory than it may"}
        except SyntaxError as error:
            return "syntax_error" if error.filename == PROGRAM else "runtime_error", _describe(error)
        except BaseException as error:  # whatever the program raises is data
            return "runtime_error", _describe(error)
        return "ok", None

    # ------------------------------------------------------------------ captures

    def show(self) -> None:
        """What ``plt.show`` would put on the screen: every open figure that was not saved, as it is now."""
        for number in plt.get_fignums():
            figure = plt.figure(number)
            if figure not in self.saved and (figure in self.shown or len(self.shown) < self.max_figures):
                self.shown[figure] = self.capture(figure, figure.dpi, {"facecolor": "auto", "bbox_inches": ""})

    def finish(self) -> None:
        if not self.saved and not self.shown:
            self.show()

    def scenes(self) -> list[dict[str, Any]]:
        """The captures that count, in the order of first appearance; empty figures only if there is nothing else."""
        found = list((self.shown | self.saved).values())
        return ([s for s in found if len(s["elements"]) > 1] or found)[: self.max_figures]

    def chartmimic(self) -> dict[str, Any]:
        """What ChartMimic's scorer would note, where the payload asks for it."""
        try:
            return {"chartmimic": self.notes.read()} if self.notes else {}
        except MemoryError:
            raise
        except Exception:
            self.failure = traceback.format_exc()
            return {}

    def capture(self, figure: Figure, dpi: Any, options: dict[str, Any]) -> dict[str, Any]:
        """Draw the figure as ``print_figure`` would and read it; options that are for other formats are dropped."""
        figure = figure.get_figure(root=True)
        kept = {k: v for k, v in options.items() if k in _PRINT_OPTIONS}
        taken: dict[str, Any] = {}

        def print_png(canvas: FigureCanvasAgg, file: Any, **_: Any) -> None:
            self.log.clear()
            if self.notes:
                self.notes.begin(figure)
            FigureCanvasAgg.draw(canvas)
            if self.notes:
                self.notes.end()
            try:
                taken.update(self._read(figure, canvas))
            except MemoryError:
                raise
            except Exception:  # it drew, so it is not the program's
                self.failure = traceback.format_exc()
                taken.update(elements=[], png=b"")

        self.recorder.paused = True  # what drawing changes, it changes for the library's own ends
        original, FigureCanvasAgg.print_png = FigureCanvasAgg.print_png, print_png
        try:
            self._print_figure(figure.canvas, io.BytesIO(), dpi=self._bounded(figure, dpi), format="png", **kept)
        finally:
            FigureCanvasAgg.print_png = original
            self.recorder.paused = False
        return taken

    def _read(self, figure: Figure, canvas: FigureCanvasAgg) -> dict[str, Any]:
        renderer, owners = canvas.renderer, Owners(self.recorder, self.chains)
        elements = SceneBuilder(owners, self.log, renderer, figure.dpi).build(figure)
        png = _encode(np.asarray(canvas.buffer_rgba()))
        size = [int(renderer.width), int(renderer.height)]
        facts = chart_record.facts(figure, elements, self.calls)
        return {"size": size, "dpi": figure.dpi, "elements": elements, "bytes": len(png), "png": png, "facts": facts}

    def _bounded(self, figure: Figure, dpi: Any) -> float:
        """The program's dpi, or less where the picture would have more than ``max_pixels``."""
        dpi = matplotlib.rcParams["savefig.dpi"] if dpi is None else dpi
        dpi = figure.dpi if dpi == "figure" else dpi
        width, height = figure.get_size_inches()
        largest = (self.max_pixels / max(width * height, 1e-9)) ** 0.5
        return min(float(dpi), largest)


_PRINT_OPTIONS = frozenset({"facecolor", "edgecolor", "orientation", "bbox_inches", "pad_inches", "bbox_extra_artists"})


def _seed() -> None:
    """Seed what a program leaves unseeded; each further generator of numpy gets a seed of its own."""
    random.seed(SEED)
    np.random.seed(SEED)
    make, seeds = np.random.default_rng, itertools.count(SEED)
    np.random.default_rng = lambda seed=None: make(next(seeds) if seed is None else seed)


def _encode(rgba: np.ndarray) -> bytes:
    picture = Image.fromarray(rgba)
    if rgba[..., 3].min() < 255:  # a transparent picture is looked at on white
        picture = Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture)
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "png", compress_level=PNG_COMPRESSION)
    return buffer.getvalue()


def _deliver(filename: Any, png: bytes) -> None:
    """Leave the file for a program that reads it back; where it may not write, that is no fault of its chart."""
    if hasattr(filename, "write"):
        filename.write(png)
        return
    with contextlib.suppress(OSError, TypeError):  # PdfPages is neither a path nor a file
        path = os.fspath(filename)
        if os.path.dirname(path):
            os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(png)


def _remember_legend_handles() -> None:
    """Keep, on each legend, which artist each label names: its text comes from that artist's line."""
    make = Legend.__init__

    def __init__(legend: Legend, parent: Any, handles: Any, labels: Any, **kwargs: Any) -> None:  # noqa: N807
        handles, labels = list(handles), list(labels)
        legend._labelled = {str(label): _first_artist(handle) for handle, label in zip(handles, labels)}
        make(legend, parent, handles, labels, **kwargs)

    __init__.__wrapped__ = make
    Legend.__init__ = __init__


def _refuse_latex() -> None:
    """Say what is wrong with ``text.usetex`` here, rather than that a process could not be started."""

    def __new__(cls: type) -> None:  # noqa: N807
        raise RuntimeError("LaTeX is not installed here: text.usetex cannot be used; mathtext ($...$) can")

    TexManager.__new__ = __new__


def _first_artist(handle: Any) -> Any:
    while isinstance(handle, (tuple, list)) and len(handle):
        handle = handle[0]
    return handle


# --------------------------------------------------------------------------- failures


def _describe(error: BaseException) -> dict[str, Any]:
    frames = list(_program_lines(error))
    start = error.__traceback__
    while start is not None and start.tb_frame.f_code.co_filename != PROGRAM:
        start = start.tb_next
    line = frames[-1] if frames else None
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        line = error.lineno
    try:
        text = "".join(traceback.format_exception(type(error), error, start))
        message = str(error)
    except Exception:  # an exception of the program's own making may fail even to print
        text, message = "", ""
    return {"type": type(error).__name__, "message": message[:2000], "line": line, "traceback": text[-TRACEBACK_CHARS:]}


def _program_lines(error: BaseException) -> Iterator[int]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == PROGRAM and line is not None:
            yield line
