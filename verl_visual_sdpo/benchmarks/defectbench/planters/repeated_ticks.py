"""An axis whose ticks repeat the same label, so that it cannot be read."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import late, panels

REPEATS = 2


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    for ax in panels(source):
        for name in ("x", "y"):
            axis = f"{ax}.{name}axis"
            coarse = f'lambda value, position: f"{{round(value / max(abs(v) for v in {ax}.get_{name}lim()))}}"'
            yield from late(source, "ticks rounded", [f"{axis}.set_major_formatter({coarse})"], "later")
            same = f"{ax}.set_{name}ticks({ax}.get_{name}ticks(), ['total'] * len({ax}.get_{name}ticks()))"
            yield from late(source, "ticks repeated", [same], "later")
            halves = f"[item.get_text()[:1] * 2 for item in {ax}.get_{name}ticklabels() for _ in (0, 1)]"
            ticks = f"{ax}.get_{name}ticks()"
            twice = f"{ax}.set_{name}ticks({ticks}, {halves}[:len({ticks})])"
            yield from late(source, "ticks repeated", [twice], "comprehension")


def offences(facts: Facts) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        axes = sorted({(t.axes, t.role) for t in figure.texts if t.role in ("xtick", "ytick")})
        for index, role in axes:
            texts = [t for t in figure.texts if (t.axes, t.role) == (index, role)]
            repeated = [b for a, b in zip(texts, texts[1:]) if a.string == b.string]
            if len(repeated) >= REPEATS:
                yield Offence((page, index, role), page, tuple(t.box for t in repeated), (repeated[0].string,))


KIND = Kind(
    "repeated-ticks",
    ("duplicate-ticks", "repeated-tick-labels", "duplicate-tick-labels"),
    "neighbouring ticks carry the same label",
    propose,
    offences,
)
