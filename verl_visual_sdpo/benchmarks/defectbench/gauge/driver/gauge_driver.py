"""Runs a chart program on plain matplotlib and measures its ink. Runs in the sandbox; speaks JSON and PNG.

This is the benchmark's own eye: nothing in it is shared with the renderer's driver, so that a wrong extent there cannot
make planter and detector agree. ``run`` takes ``{"source", "hidden"}`` and emits 8 bytes (big-endian length of the
JSON), the JSON, then the PNG files one after the other. A figure is measured when it is saved, when it is shown, or at
the end of the program; the last of these counts.
"""

from __future__ import annotations

import io
import itertools
import json
import random
import sys
import traceback
import types
from collections.abc import Callable
from typing import Any

import ink
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

PROGRAM = "<program>"
MOST_FIGURES = 8
MOST_PIXELS = 4_000_000


def warm_up() -> None:
    """Draw once, so that fonts and lazy imports are in memory before the first program comes."""
    plt.switch_backend("agg")
    figure, axes = plt.subplots()
    axes.plot([1, 2], label="line")
    axes.set(title="$x^2$", xlabel="x")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png")
    plt.close("all")


def run(payload: dict[str, Any], write: Callable[[bytes], None]) -> None:
    """Run the program, measure its figures and emit the frame."""
    session = _Session(payload["source"], bool(payload["hidden"]))
    error = session.execute()
    figures = [] if error else session.figures()[:MOST_FIGURES]
    pngs = [figure.pop("png") for figure in figures]
    for figure, png in zip(figures, pngs):
        figure["bytes"] = len(png)
    text = json.dumps({"error": error, "figures": figures}).encode()
    write(len(text).to_bytes(8, "big") + text)
    for png in pngs:
        write(png)


class _Session:
    """One program's run; ``measured`` holds what was last seen of each figure, in order of first appearance, ``shown``
    those that were on the screen."""

    def __init__(self, source: str, hidden: bool) -> None:
        self.source, self.hidden = source, hidden
        self.measured: dict[Figure, dict[str, Any]] = {}
        self.shown: set[Figure] = set()
        self._savefig = Figure.savefig

    def execute(self) -> str:
        """Why the program failed, or "" when it did not."""
        self._install()
        module = types.ModuleType("__main__")
        module.__file__ = PROGRAM
        sys.modules["__main__"] = module
        sys.argv = [PROGRAM]
        try:
            exec(compile(self.source, PROGRAM, "exec", dont_inherit=True), vars(module))
            if not self.measured:
                self._show()
        except SystemExit:
            if not self.measured:
                self._show()
        except BaseException:  # whatever the program raises is data
            return traceback.format_exc()[-2000:]
        return ""

    def figures(self) -> list[dict[str, Any]]:
        """What was shown comes before what was only saved."""
        return [self.measured[f] for f in sorted(self.measured, key=lambda figure: figure not in self.shown)]

    def _install(self) -> None:
        session = self

        def savefig(figure: Figure, filename: Any, **options: Any) -> None:
            session._measure(figure, options)
            if hasattr(filename, "write"):
                filename.write(session.measured[figure]["png"])

        Figure.savefig = savefig
        plt.show = lambda *args, **kwargs: session._show()
        Figure.show = lambda *args, **kwargs: session._show()
        plt.switch_backend = lambda newbackend: None
        matplotlib.use = lambda backend, *, force=True: None
        random.seed(0)
        np.random.seed(0)
        make, seeds = np.random.default_rng, itertools.count()
        np.random.default_rng = lambda seed=None: make(next(seeds) if seed is None else seed)

    def _show(self) -> None:
        for number in plt.get_fignums():
            figure = plt.figure(number)
            if figure not in self.measured:
                self.shown.add(figure)
                self._measure(figure, {})

    def _measure(self, figure: Figure, options: dict[str, Any]) -> None:
        dpi = options.get("dpi") or matplotlib.rcParams["savefig.dpi"]
        dpi = figure.dpi if dpi == "figure" else float(dpi)
        width, height = figure.get_size_inches()
        dpi = min(dpi, (MOST_PIXELS / max(width * height, 1e-9)) ** 0.5)
        kept = {k: v for k, v in options.items() if k in ("facecolor", "bbox_inches", "pad_inches")}
        png = io.BytesIO()
        self._savefig(figure, png, format="png", dpi=dpi, **kept)
        tight = (kept.get("bbox_inches") or matplotlib.rcParams["savefig.bbox"]) is not None
        facts = ink.facts(figure, self.hidden)
        self.measured[figure] = {**facts, "scale": dpi / figure.dpi, "tight": tight, "png": png.getvalue()}
