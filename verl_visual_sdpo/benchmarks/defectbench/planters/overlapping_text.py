"""Text that runs into other text: enlarged, lengthened, rotated, moved, or left without room."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import after, figure_size, late, on_every, panels, rc

TOUCHING_PX, TOUCHING_SHARE = 12, 0.06
SIGN_PX, SIGN_SHARE = 3, 0.01
LABELS = ("set_title", "set_xlabel", "set_ylabel")


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    yield from _labels(source, rng)
    yield from _layout(source)
    for ax in panels(source):
        heading = f'{ax}.text(0.5, 1.02, "Preliminary figures", transform={ax}.transAxes, ha="center", fontsize=12)'
        yield from late(source, "text added", [heading], "creation")
        yield from late(source, "text moved", [f"{ax}.xaxis.set_label_coords(0.5, -0.03)"], "later")
        yield from late(source, "text rotated", [f"{ax}.yaxis.label.set(rotation=0, fontsize=13)"], "later")
    for call in source.named("text", "annotate"):
        yield Plant("text enlarged", "argument", source.with_keyword(call, "fontsize", "30", "size"))
    for call in source.named("pie"):
        if call.keyword("autopct"):
            yield Plant("text moved", "argument", source.with_keyword(call, "pctdistance", "1.05"))
    if source.named("text", "annotate", "bar_label"):
        yield from on_every(source, "text enlarged", "plt.gca().texts", "item.set_fontsize(30)")
    yield from rc(source, "text moved", "axes.labelpad", "-14")


def _labels(source: Source, rng: random.Random) -> Iterator[Plant]:
    for call in source.named(*LABELS):
        pad = rng.choice(("-12", "-16", "-20"))
        if call.word == "set_title":
            yield Plant("text moved", "argument", source.with_keyword(call, "y", "0.94"))
            yield Plant("text enlarged", "argument", source.with_keyword(call, "fontsize", "30", "size"))
            yield after(source, "text enlarged", call, f"{call.axes}.title.set_fontsize(30)")
        else:
            yield Plant("text moved", "argument", source.with_keyword(call, "labelpad", pad))
            axis = call.word[4]
            yield after(source, "text moved", call, f"{call.axes}.{axis}axis.labelpad = {pad}")
            turn = "0" if axis == "y" else "75"
            yield Plant("text rotated", "argument", source.with_keyword(call, "rotation", turn))
        if call.text and call.node.args:
            longer = repr(f"{call.text} in all the regions, months and years for which there are figures")
            edit = source.with_argument(call, 0, longer)
            if edit is not None:
                yield Plant("text lengthened", "argument", edit)
    for call in source.named("suptitle"):
        yield Plant("text moved", "argument", source.with_keyword(call, "y", "0.9"))
    if not source.named("suptitle"):
        yield from late(source, "text added", ['plt.gcf().suptitle("A second, longer heading", y=0.95)'], "creation")


def _layout(source: Source) -> Iterator[Plant]:
    yield from figure_size(source, "(2.6, 2)")
    for call in source.named("tight_layout"):
        edit = source.removed(call.statement, call.body)
        if edit is not None:
            yield Plant("layout removed", "removal", edit, shared=True)
    for option in ("hspace=0.02", "wspace=0.02"):
        yield from late(source, "margins changed", [f"plt.subplots_adjust({option})"], "subplots_adjust", shared=True)


def offences(facts: Facts, least: int = TOUCHING_PX, share: float = TOUCHING_SHARE) -> Iterator[Offence]:
    """Two texts whose ink touches by more than a brush, tick labels of one axis left out."""
    for page, figure in enumerate(facts.figures):
        for i, j, touching, smaller in figure.overlaps:
            a, b = figure.texts[i], figure.texts[j]
            same_axis = a.role == b.role and a.axes == b.axes and a.role in ("xtick", "ytick", "ztick")
            if touching >= least and touching >= share * smaller and not same_axis:
                key = (page, a.role, a.axes, a.string, b.role, b.axes, b.string)
                yield Offence(key, page, (a.box, b.box), (a.string, b.string))


KIND = Kind(
    "overlapping-text",
    ("text-overlap", "tick-labels-collide", "panels-overlap", "legend-covers-data"),
    "text runs into other text",
    propose,
    offences,
    signs=lambda facts: offences(facts, SIGN_PX, SIGN_SHARE),
)
