"""An axis whose ticks repeat the same label, so that it cannot be read."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import late, panels

REPEATS, SIGN = 2, 1


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    for ax in panels(source):
        for name in ("y", "x"):
            axis = f"{ax}.{name}axis"
            thousands = 'lambda value, position: f"{value / 1000:.0f}k"'
            yield from late(source, "ticks rounded", [f"{axis}.set_major_formatter({thousands})"], "later")
            yield from late(source, "ticks rounded", [f'{axis}.set_major_formatter("{{x:.0f}}")'], "later")
            ticks = f"{ax}.get_{name}ticks()"
            shares = f"[f'{{value / max({ticks}):.0f}}' for value in {ticks}]"
            yield from late(source, "ticks rounded", [f"{ax}.set_{name}ticks({ticks}, {shares})"], "comprehension")
            lines = [
                "def in_millions(axis):",
                "    axis.set_major_formatter(lambda value, position: f'{value / 1e6:.1f}')",
            ]
            yield from late(source, "ticks rounded", [*lines, f"in_millions({axis})"], "helper", guilty=(1, 2))
            same = f"{ax}.set_{name}ticks({ticks}, ['total'] * len({ticks}))"
            yield from late(source, "ticks repeated", [same], "later")
    lines = ["for item in plt.gcf().axes:", "    item.yaxis.set_major_formatter('{x:.0e}')"]
    yield from late(source, "ticks rounded", lines, "loop", guilty=(1,))
    for call in source.named("set_xticks"):
        if len(call.node.args) > 1:
            names = source.of(call.node.args[1])
            edit = source.with_argument(call, 1, f"[str({names}[0])] * len({names})")
            yield from [Plant("ticks repeated", "argument", edit)] if edit else []


def offences(facts: Facts, least: int = REPEATS) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        axes = sorted({(t.axes, t.role) for t in figure.texts if t.role in ("xtick", "ytick")})
        for index, role in axes:
            texts = [t for t in figure.texts if (t.axes, t.role) == (index, role)]
            repeated = [b for a, b in zip(texts, texts[1:]) if a.string == b.string]
            if len(repeated) >= least:
                yield Offence((page, index, role), page, tuple(t.box for t in repeated), (repeated[0].string,))


KIND = Kind(
    "repeated-ticks",
    ("repeated-tick-labels",),
    "neighbouring ticks carry the same label",
    propose,
    offences,
    signs=lambda facts: offences(facts, SIGN),
)
