"""Limits that leave data outside the axes."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import after, late, panels, rc

LEAST_POINTS, SHARE = 2, 0.15
SIGN_POINTS, SIGN_SHARE = 1, 0.02


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    low, high = rng.choice(((0.0, 0.6), (0.35, 1.0), (0.3, 0.7)))
    for ax in panels(source):
        for name in ("x", "y"):
            ends = f"{ax}.get_{name}lim()"
            picked = f"np.quantile({ends}, [{low}, {high}])" if "np" in source.text else ""
            if picked:
                yield from late(source, "limits narrowed", [f"{ax}.set_{name}lim({picked})"], "later")
                yield from late(source, "limits narrowed", [f"{ax}.set({name}lim={picked})"], "set")
        yield from late(source, "limits narrowed", [f"{ax}.margins(-0.25)"], "later")
        lines = ["def zoom(ax, part):", "    bottom, top = ax.get_ylim()"]
        lines += ["    ax.set_ylim(bottom, bottom + part * (top - bottom))", f"zoom({ax}, {high * 0.6:.2f})"]
        yield from late(source, "limits narrowed", lines, "helper", guilty=(2, 3))
    for call in source.named("set_xlim", "set_ylim"):
        letter = call.word[4]
        line = f"{call.axes}.set_{letter}bound(*[v * 0.55 for v in {call.axes}.get_{letter}lim()])"
        yield after(source, "limits narrowed", call, line)
    lines = ["for item in plt.gcf().axes:", "    item.set_ylim(top=sum(item.get_ylim()) / 2)"]
    yield from late(source, "limits narrowed", lines, "loop", guilty=(1,))
    yield from rc(source, "limits narrowed", "axes.ymargin", "-0.2")


def offences(facts: Facts, least: int = LEAST_POINTS, share: float = SHARE) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        for index, ax in enumerate(figure.axes):
            if ax.outside >= max(least, share * ax.points):
                yield Offence((page, index), page, (ax.box,))


def signs(facts: Facts) -> Iterator[Offence]:
    """A little is cut, or lines run out at a side: a choice perhaps, but not nothing."""
    yield from offences(facts, SIGN_POINTS, SIGN_SHARE)
    for page, figure in enumerate(facts.figures):
        for index, ax in enumerate(figure.axes):
            if ax.beside >= max(SIGN_POINTS, SIGN_SHARE * ax.points):
                yield Offence((page, index, "beside"), page, (ax.box,))


KIND = Kind(
    "cut-data",
    ("axes-clipped",),
    "limits leave data outside the axes",
    propose,
    offences,
    signs=signs,
)
