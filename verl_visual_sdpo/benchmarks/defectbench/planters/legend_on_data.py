"""A legend that lies on the data."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import after, late, panels, rc

COVERED_PX, SIGN_PX = 60, 15
PLACES = ("center", "lower center", "center right", "upper center", "lower left", "center left", "upper right")


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    for call in source.named("legend"):
        for place in rng.sample(PLACES, 4):
            yield Plant("legend moved", "argument", source.with_keyword(call, "loc", f'"{place}"'))
        yield Plant("legend moved", "argument", source.with_keyword(call, "bbox_to_anchor", "(0.7, 0.7)"))
        yield Plant("legend enlarged", "argument", source.with_keyword(call, "fontsize", "26"))
        if not call.receiver.startswith("fig"):
            yield after(source, "legend moved", call, f'{call.axes}.get_legend().set_loc("center")')
            line = f"{call.axes}.get_legend().set_bbox_to_anchor((0.65, 0.65))"
            yield after(source, "legend moved", call, line)
    for ax in panels(source):
        place = rng.choice(PLACES)
        yield from late(source, "legend added", [f'{ax}.legend(["measured"], loc="{place}", fontsize=14)'], "creation")
        lines = ["def explain(ax, **options):", '    ax.legend(["observed"], title="Which one", **options)']
        lines += [f'explain({ax}, loc="{place}", fontsize=13)']
        yield from late(source, "legend added", lines, "helper", guilty=(1, 2))
    yield from rc(source, "legend moved", "legend.loc", '"center"')
    yield from rc(source, "legend enlarged", "legend.fontsize", "24")


def offences(facts: Facts, least: int = COVERED_PX) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        for index, legend in enumerate(figure.legends):
            if legend.covers >= least and legend.entries:
                yield Offence((page, legend.axes, index), page, (legend.box,))


KIND = Kind(
    "legend-on-data",
    ("legend-covers-data", "text-over-data", "covered-artist"),
    "a legend lies on the data",
    propose,
    offences,
    signs=lambda facts: offences(facts, SIGN_PX),
)
