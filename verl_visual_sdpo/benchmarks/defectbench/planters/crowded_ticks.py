"""Tick labels that run into each other: enlarged, lengthened, too many, or on too small a figure."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import figure_size, late, on_every, panels, rc

TOUCHING_PX, PAIRS = 6, 2
SIGN_PX, SIGN_PAIRS = 1, 1


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    size = rng.choice((30, 38, 46))
    for ax in panels(source):
        dense = f"np.linspace(*{ax}.get_xlim(), {rng.choice((40, 55))})"
        if "np" in source.text:
            yield from late(source, "too many ticks", [f"{ax}.set_xticks({dense})"], "later")
            yield from late(source, "too many ticks", [f"{ax}.xaxis.set_ticks({dense})"], "later")
        longer = f"['the department of ' + item.get_text() for item in {ax}.get_xticklabels()]"
        yield from late(source, "text lengthened", [f"{ax}.set_xticks({ax}.get_xticks(), {longer})"], "comprehension")
        yield from late(source, "text enlarged", [f'{ax}.tick_params(axis="x", labelsize={size})'], "tick_params")
        yield from late(
            source, "text rotated", [f'{ax}.tick_params(axis="y", labelrotation=90, labelsize=22)'], "tick_params"
        )
        line = f"plt.setp({ax}.get_xticklabels(), fontsize={size})"
        yield from late(source, "text enlarged", [line], "setp")
        yield from on_every(source, "text enlarged", f"{ax}.get_xticklabels()", f"item.set_fontsize({size})")
        formatter = f'{ax}.xaxis.set_major_formatter(lambda value, position: f"{{value:.7f}} units")'
        yield from late(source, "text lengthened", [formatter], "later")
    for call in source.named("set_xticks", "set_xticklabels"):
        yield Plant("text enlarged", "argument", source.with_keyword(call, "fontsize", str(size), "size"))
    yield from rc(source, "text enlarged", "xtick.labelsize", str(size))
    yield from figure_size(source, "(1.9, 2.4)")


def offences(facts: Facts, least: int = TOUCHING_PX, pairs: int = PAIRS) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        touching: dict[tuple, list[int]] = {}
        for i, j, px, _ in figure.overlaps:
            a, b = figure.texts[i], figure.texts[j]
            if px >= least and a.role == b.role and a.axes == b.axes and a.role in ("xtick", "ytick"):
                touching.setdefault((page, a.axes, a.role), []).extend((i, j))
        for key, indices in touching.items():
            if len(indices) >= 2 * pairs:
                texts = [figure.texts[i] for i in dict.fromkeys(indices)]
                yield Offence(key, page, tuple(t.box for t in texts), tuple(t.string for t in texts))


KIND = Kind(
    "crowded-ticks",
    ("tick-labels-collide", "text-overlap"),
    "tick labels run into each other",
    propose,
    offences,
    signs=lambda facts: offences(facts, SIGN_PX, SIGN_PAIRS),
)
