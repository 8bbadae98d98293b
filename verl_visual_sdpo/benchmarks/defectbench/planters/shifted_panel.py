"""A panel that stands a little beside the row or column of its like."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import late, panels

LEAST, MOST, SAME_SIZE = 0.008, 0.05, 0.04
SIGN_LEAST, SIGN_MOST = 0.004, 0.08


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    dx, dy = rng.choice((0.012, -0.014)), rng.choice((0.016, -0.018, 0.022))
    axes = [ax for ax in panels(source) if ax.endswith("]") and "np" in source.text]
    for ax in axes:
        moved = f"np.add({ax}.get_position().bounds, ({dx}, {dy}, 0, 0))"
        yield from late(source, "panel moved", [f"{ax}.set_position({moved})"], "later")
        yield from late(
            source, "panel moved", [f"{ax}.set_position({ax}.get_position().translated({dx}, {dy}))"], "later"
        )
    for number in (0, 1):
        ax = f"plt.gcf().axes[{number}]"
        line = f"{ax}.set_position({ax}.get_position().translated({dx}, {dy}))"
        yield from late(source, "panel moved", [line], "later")
        lines = ["def nudge(ax, dx, dy):", "    box = ax.get_position()"]
        lines += ["    ax.set_position([box.x0 + dx, box.y0 + dy, box.width, box.height])", f"nudge({ax}, {dx}, {dy})"]
        yield from late(source, "panel moved", lines, "helper", guilty=(2, 3))
    lines = ["for item in plt.gcf().axes[:1]:", f"    item.set_position(item.get_position().translated({dx}, {dy}))"]
    yield from late(source, "panel moved", lines, "loop", guilty=(1,))


def offences(facts: Facts, least: float = LEAST, most: float = MOST) -> Iterator[Offence]:
    """Two panels of one size, in one row or column but for a slip that can be seen."""
    for page, figure in enumerate(facts.figures):
        plain = [(i, ax.box) for i, ax in enumerate(figure.axes) if ax.framed and ax.plain and not ax.colorbar]
        width, height = figure.size
        for n, (i, a) in enumerate(plain):
            for j, b in plain[:n]:
                alike = abs(a.width - b.width) < SAME_SIZE * width and abs(a.height - b.height) < SAME_SIZE * height
                beside = a.left >= b.right or b.left >= a.right
                slip = abs(a.top - b.top) / height if beside else abs(a.left - b.left) / width
                if alike and least <= slip <= most:
                    yield Offence((page, j, i), page, (a, b))


KIND = Kind(
    "shifted-panel",
    ("misaligned-panels",),
    "a panel stands beside its row or column",
    propose,
    offences,
    room=lambda facts: facts.panels > 1,
    signs=lambda facts: offences(facts, SIGN_LEAST, SIGN_MOST),
)
