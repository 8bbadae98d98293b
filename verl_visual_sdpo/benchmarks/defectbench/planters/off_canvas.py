"""Text or a legend that leaves the picture."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import after, figure_size, late, on_every, panels, rc

OUTSIDE, SIGN = 0.2, 0.02


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    for call in source.named("set_title", "suptitle"):
        if call.text:
            longer = repr(f"{call.text} in all the regions, months and years for which there are any figures at all")
            edit = source.with_argument(call, 0, longer)
            if edit is not None:
                yield Plant("text lengthened", "argument", edit)
        yield Plant("text enlarged", "argument", source.with_keyword(call, "fontsize", "52", "size"))
        if call.word == "set_title":
            yield after(source, "text moved", call, f"{call.axes}.title.set_position((1.05, 1.0))")
            yield after(source, "text enlarged", call, f"{call.axes}.title.set_fontsize(52)")
    for call in source.named("set_xlabel", "set_ylabel"):
        yield Plant("text moved", "argument", source.with_keyword(call, "labelpad", "60"))
        yield after(source, "text enlarged", call, f"{call.axes}.{call.word[4]}axis.label.set_size(60)")
    for call in source.named("legend"):
        yield Plant("legend moved", "argument", source.with_keyword(call, "bbox_to_anchor", "(1.3, 1.2)"))
    for ax in panels(source):
        beside = f'{ax}.text(1.0, 0.4, "   provisional figures from the survey", transform={ax}.transAxes)'
        yield from late(source, "artist added", [beside], "creation")
        note = f'{ax}.annotate("see the remarks", (0.5, 1.0), xytext=(0.95, 1.32), textcoords="axes fraction")'
        yield from late(source, "artist added", [note], "creation")
        yield from late(source, "ticks changed", [f'{ax}.tick_params(axis="y", pad=60)'], "tick_params")
        yield from late(
            source, "text rotated", [f'{ax}.tick_params(axis="x", rotation=90, labelsize=26)'], "tick_params"
        )
    x, y = rng.choice(((0.8, 0.5), (0.78, 0.02), (-0.1, 0.97), (0.85, 0.93)))
    note = f'plt.gcf().text({x}, {y}, "Source: survey of all the members", fontsize={rng.choice((9, 11, 13))})'
    yield from late(source, "artist added", [note], "creation")
    yield from _margins(source)
    if "tight_layout" not in source.text and "constrained" not in source.text:
        yield from rc(source, "text moved", "axes.titlepad", "80")
    yield from on_every(source, "text enlarged", "plt.gcf().axes", "item.title.set_fontsize(52)")


def _margins(source: Source) -> Iterator[Plant]:
    for option in ("left=0.01", "bottom=0.01", "top=0.999", "right=1.0, left=0.0"):
        line = f"plt.subplots_adjust({option})"
        yield from late(source, "margins changed", [line], "subplots_adjust", shared=True)
    yield from figure_size(source, "(2.2, 1.6)")
    for call in source.named("tight_layout"):
        edit = source.removed(call.statement, call.body)
        if edit is not None:
            yield Plant("layout removed", "removal", edit, shared=True)


def offences(facts: Facts, least: float = OUTSIDE) -> Iterator[Offence]:
    """A part of a text or legend beyond the canvas; nothing is lost where the picture is cropped to its content."""
    for page, figure in enumerate(facts.figures):
        if figure.tight:
            continue
        for text in figure.texts:
            if text.outside >= least and text.cut == 0:
                yield Offence((page, text.role, text.axes, text.string), page, (text.box,), (text.string,))
        for index, legend in enumerate(figure.legends):
            if legend.outside >= least:
                yield Offence((page, "legend", index), page, (legend.box,))


KIND = Kind(
    "off-canvas",
    ("canvas-overflow", "text-clipped"),
    "text or a legend leaves the picture",
    propose,
    offences,
    signs=lambda facts: offences(facts, SIGN),
)
