"""Panels that lie on each other."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import late, rc
from verl_visual_sdpo.types import Box

SHARE, SIGN, INSET = 0.04, 0.005, 0.9
COVERED_PX = 15


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    place = rng.choice(("(0.7, 0.3, 0.28, 0.4)", "(0.3, 0.02, 0.4, 0.3)", "(0.06, 0.3, 0.3, 0.4)"))
    yield from late(source, "panel added", [f"plt.gcf().add_axes({place}).plot([1, 3, 2])"], "creation")
    if source.panels > 1:
        yield from _between(source, rng)


def _between(source: Source, rng: random.Random) -> Iterator[Plant]:
    for option in ("hspace=-0.2", "wspace=-0.2", "hspace=-0.1, wspace=-0.1"):
        yield from late(source, "margins changed", [f"plt.subplots_adjust({option})"], "subplots_adjust")
    for call in source.named("subplots"):
        grid = source.with_keyword(call, "gridspec_kw", "dict(hspace=-0.2, wspace=-0.2)")
        yield Plant("margins changed", "argument", grid)
    dx = rng.choice((-0.15, 0.15, -0.2))
    for number in (0, 1):
        ax = f"plt.gcf().axes[{number}]"
        for shift in (f"{dx}, 0", f"0, {dx}"):
            line = f"{ax}.set_position({ax}.get_position().translated({shift}))"
            yield from late(source, "panel moved", [line], "later")
        lines = ["def widen(ax, factor):", "    box = ax.get_position()"]
        lines += ["    ax.set_position([box.x0, box.y0, box.width * factor, box.height * factor])", f"widen({ax}, 1.5)"]
        yield from late(source, "panel enlarged", lines, "helper", guilty=(2, 3))
    lines = ["for item in plt.gcf().axes[1:]:", f"    item.set_position(item.get_position().translated({dx}, {dx}))"]
    yield from late(source, "panel moved", lines, "loop", guilty=(1,))
    yield from rc(source, "margins changed", "figure.subplot.wspace", "-0.2")


def offences(facts: Facts, least: float = SHARE) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        framed = [(i, ax.box) for i, ax in enumerate(figure.axes) if ax.framed]
        for n, (i, a) in enumerate(framed):
            for j, b in framed[:n]:
                width = min(a.right, b.right) - max(a.left, b.left)
                height = min(a.bottom, b.bottom) - max(a.top, b.top)
                share = max(width, 0) * max(height, 0) / max(min(a.area, b.area), 1)
                if least <= share <= INSET:
                    yield Offence((page, j, i), page, (a, b))


def signs(facts: Facts) -> Iterator[Offence]:
    """Panels that touch, panels inside another one on its data, and words of one panel in another."""
    yield from offences(facts, SIGN)
    for page, figure in enumerate(facts.figures):
        for index, ax in enumerate(figure.axes):
            if ax.framed and ax.covers >= COVERED_PX:
                yield Offence((page, "inset", index), page, (ax.box,))
            for text in figure.texts:
                if text.role != "text" and text.axes not in (-1, index) and _meet(text.box, ax.box):
                    yield Offence((page, text.role, text.axes, text.string, index), page, (text.box,))


def _meet(a: Box, b: Box) -> bool:
    return min(a.right, b.right) > max(a.left, b.left) and min(a.bottom, b.bottom) > max(a.top, b.top)


KIND = Kind(
    "overlapping-panels",
    ("panels-overlap",),
    "panels lie on each other",
    propose,
    offences,
    signs=signs,
)
