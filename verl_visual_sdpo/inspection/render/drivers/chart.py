"""The driver that runs a matplotlib program and reports what it drew. Runs in the sandbox; speaks JSON and PNG.

``run`` emits one frame: 8 bytes (big-endian length of the JSON), the JSON, then files one after the other. It takes
either of two jobs, each in a process of its own:

``{"source", "max_pixels", "max_figures", "mode", "forbidden", "chartmimic"}``: run the program. ``mode`` "draw": its
    figures are drawn and read in its own process; "parcel": they are packed to be drawn elsewhere (``chart_parcel``),
    and only drawn here when they cannot travel; "both". The JSON holds ``status``, ``error``, ``scenes`` (size,
    elements, ``bytes`` of its PNG), ``parcels`` (their bytes), ``unfit`` (why there are none), ``chains`` (the
    program's positions that owners refer to), ``record`` and ``failure`` (ours, or ""). PNG files first, then parcels.
``{"parcels", "max_pixels", "max_figures"}``: draw and read those, in a process that never ran a program: see
    ``chart_derive``.

A figure's picture is its last ``savefig``; without one, what ``show`` would have shown; without either, what is open at
the end of the program. Nothing is drawn twice in one process: the extents are read from the draw that made the picture.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import traceback
from collections.abc import Callable
from typing import Any

import chart_derive
import chart_drawing
import chart_mimic
import chart_record
import matplotlib
import matplotlib.animation
import matplotlib.pyplot as plt
import numpy as np
from chart_ink import DrawLog
from chart_owners import Owners
from chart_parcel import Parcel, UnfitError
from chart_provenance import Recorder
from chart_seal import Seal
from matplotlib.backend_bases import FigureCanvasBase, FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.texmanager import TexManager
from program_guard import Guard, quiet
from program_run import SEED, emit, excuse_folders, execute, failure, positions, program_lines

MOST_CAPTURES = 4
"""Figures that are packed, as a multiple of those that may count: empty ones are known by their picture only."""
MODES = ("draw", "parcel", "both")

_warm: _Session | None = None  # in the warm parent; each job's child has its own copy
_NO_OUTPUT = failure("NoOutput", "the program ended without drawing a figure")


def warm_up() -> None:
    """Draw once, so that fonts, caches and lazy imports are in memory before the first program comes; then put on the
    hooks."""
    global _warm
    plt.switch_backend("agg")
    figure, axes = plt.subplots()
    axes.plot([1, 2], label="line")
    axes.bar([1, 2], [1, 2])
    axes.set(title="$x^2$", xlabel="x")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png", bbox_inches="tight")
    plt.close("all")
    _warm = _Session()
    _warm.install()


def run(payload: dict[str, Any], write: Callable[[bytes], None]) -> None:
    """Do one job of the two and emit its frame."""
    session = _warm
    if "parcels" in payload:
        session.recorder.paused = True  # there is no program whose writes could be logged
        report, files = chart_derive.derive(payload, session.log)
    else:
        report, files = session.report(payload)
    emit(report, files, write)


class _Session:
    """One program's run: the hooks, the captures so far."""

    def __init__(self) -> None:
        self.recorder, self.log, self.calls = Recorder(), DrawLog(), chart_record.PlottingCalls()
        self.chains: dict[Any, int] = {}
        self.saved: dict[Figure, dict[str, Any]] = {}
        self.shown: dict[Figure, dict[str, Any]] = {}
        self.failure = ""  # of ours, in reading a figure
        self.unfit = ""  # why figures cannot be drawn elsewhere
        self.forbidden: list[str] = []  # what the program changed of what its figures are read with
        self.notes: chart_mimic.Notes | None = None

    def install(self) -> None:
        """Put on the hooks and take the seal, once, in the parent of all jobs."""
        self.recorder.install()
        self.log.install()
        self.calls.install()
        session = self

        def print_figure(canvas: FigureCanvasBase, filename: Any, dpi: Any = None, **options: Any) -> None:
            session.saved[canvas.figure] = taken = session.capture(canvas.figure, dpi, options)
            _deliver(filename, taken.get("png") or _PLACEHOLDER)

        def show(*args: Any, **kwargs: Any) -> None:
            session.show()

        FigureCanvasBase.print_figure = print_figure
        chart_drawing.install(print_figure)
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
        _seed_generators()
        excuse_folders()
        self.seal = Seal.of_libraries()

    def report(self, payload: dict[str, Any]) -> tuple[dict[str, Any], list[bytes]]:
        """Run the program of a payload. Returns the report and the files that follow it."""
        self.max_pixels, self.max_figures, self.mode = (payload[k] for k in ("max_pixels", "max_figures", "mode"))
        self.packing = Parcel(self.recorder, self.calls)
        if payload["chartmimic"]:
            self.notes = chart_mimic.Notes()
            self.notes.install(payload["source"])
            self.seal = Seal.of_libraries()
        guard = Guard(payload["forbidden"])
        status, error = execute(payload["source"], guard, self.finish)
        self.forbidden += guard.violations
        if self.mode != "parcel":  # else nothing of what counts is made here
            self.forbidden += [f"changed {name}" for name in self.seal.changes()]
        if self.forbidden:
            status, error = "forbidden", failure("Forbidden", f"the program {self.forbidden[0]}")
        found = list((self.shown | self.saved).values())
        parcels = [taken["parcel"] for taken in found if taken.get("parcel")][: MOST_CAPTURES * self.max_figures]
        scenes = [] if self.mode == "parcel" else chart_drawing.counting(found, self.max_figures)
        if status == "ok" and not found:
            status, error = "no_output", _NO_OUTPUT
        report = {"status": status, "error": error, "scenes": [], "record": {}, "chains": [], "parcels": []}
        report |= {"failure": self.failure, "unfit": self.unfit}
        if status != "ok" or self.failure:
            return report, []
        notes = self.chartmimic()
        report |= chart_drawing.reported(scenes) if scenes else {}
        report["record"] |= notes
        report["parcels"] = [len(parcel) for parcel in parcels]
        report["chains"] = [list(positions(chain)) for chain in self.chains]
        return report, [scene["png"] for scene in scenes] + parcels

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
        """The figure as it is: packed, or drawn and read, or both; options that are for other formats are dropped."""
        figure = figure.get_figure(root=True)
        dpi = chart_drawing.bounded(figure, dpi, self.max_pixels)
        kept = {k: v for k, v in options.items() if k in chart_drawing.PRINT_OPTIONS}
        taken: dict[str, Any] = {}
        self.recorder.paused = True  # what drawing changes, it changes for the library's own ends
        if self.notes:
            self.notes.begin(figure)
        try:
            if self.mode != "draw" and not self.unfit:
                taken["parcel"] = self._pack(figure, dpi, kept)
            if self.mode != "parcel":
                chart_drawing.draw(figure, dpi, kept, lambda canvas: taken.update(self._read(figure, canvas)))
        finally:
            self.recorder.paused = False
            if self.notes:
                self.notes.end()
        return taken

    def _pack(self, figure: Figure, dpi: float, options: dict[str, Any]) -> bytes:
        def draw(copy: Figure, dpi: float, options: dict[str, Any], calls: list[Any]) -> None:
            nobody, known = Owners(Recorder(), {}), chart_record.KnownCalls(calls)
            chart_drawing.draw(copy, dpi, options, lambda c: chart_drawing.read(copy, c, self.log, nobody, known))

        try:
            return self.packing.pack(figure, dpi, options, self.chains, draw)
        except UnfitError as error:
            self.unfit = str(error)[:500]
            if self.mode == "parcel" and not (self.saved or self.shown):  # the first one: nothing is lost by drawing
                self.mode = "draw"
            return b""

    def _read(self, figure: Figure, canvas: FigureCanvasAgg) -> dict[str, Any]:
        if disturbed := quiet():
            self.forbidden.append(disturbed)
        self.forbidden += [f"changed {name}" for name in self.seal.changes()]
        try:
            return chart_drawing.read(figure, canvas, self.log, Owners(self.recorder, self.chains), self.calls)
        except MemoryError:
            raise
        except Exception as error:  # it drew, so it is not the program's, unless a class of its own reads it
            if any(program_lines(error)):
                raise
            self.failure = traceback.format_exc()
            return {"elements": [], "png": b""}


_PLACEHOLDER = chart_drawing.encode(np.full((1, 1, 4), 255, np.uint8))
"""What a program finds in its file when its figure is drawn elsewhere and nothing in it reads a file."""


def _seed_generators() -> None:
    """Each generator of numpy that a program leaves unseeded gets a seed of its own."""
    make, seeds = np.random.default_rng, itertools.count(SEED)
    np.random.default_rng = lambda seed=None: make(next(seeds) if seed is None else seed)


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
