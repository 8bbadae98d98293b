"""A panel in which nothing is drawn."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import late, panels

SMALLEST = 0.01  # of the figure


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    yield from late(source, "panel added", ["plt.gcf().add_axes((0.7, 0.65, 0.18, 0.18))"], "creation")
    yield from late(source, "panel added", ["spare = plt.gcf().add_subplot(3, 3, 9)"], "creation")
    for call in source.named("subplots"):
        if not call.node.args and call.receiver in ("plt", "pyplot"):
            target = source.of(call.statement).split("=")[0].strip()
            if target.endswith("ax"):
                yield from _one_more(source, call, target)
    for ax in panels(source):
        yield from late(source, "data removed", [f"{ax}.clear()"], "later")
        lines = [f"for item in [*{ax}.lines, *{ax}.patches, *{ax}.collections, *{ax}.texts]:", "    item.remove()"]
        yield from late(source, "data removed", lines, "loop", guilty=(1,))
    for number in (0, 1):
        yield from late(source, "data removed", [f"plt.gcf().axes[{number}].clear()"], "later")


def _one_more(source: Source, call, target: str) -> Iterator[Plant]:
    """``fig, ax = plt.subplots(...)`` with a second axes that nobody uses."""
    kept = ", ".join(source.of(k) for k in call.node.keywords)
    new = f"{target[: -len('ax')]}(ax, spare) = plt.subplots(1, 2{', ' if kept else ''}{kept})"
    start, end = source.start(call.statement), source.end(call.statement)
    yield Plant("panel added", "argument", source.replaced(start, end, new, call.statement))


def offences(facts: Facts) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        smallest = SMALLEST * figure.size[0] * figure.size[1]
        for index, ax in enumerate(figure.axes):
            twin = any(other is not ax and other.box == ax.box for other in figure.axes)
            if ax.framed and not ax.content and not ax.colorbar and not twin and ax.box.area >= smallest:
                yield Offence((page, index), page, (ax.box,))


KIND = Kind("empty-panel", ("empty-axes",), "nothing is drawn in a panel", propose, offences)
