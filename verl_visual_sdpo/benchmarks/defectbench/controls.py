"""Changes that alter the picture without any defect: what a detector must not report."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.kinds import Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import late, panels, rc

DARK = ("#222222", "#444444", "navy", "darkgreen", "maroon", "#5b2a86")


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    """Harmless plants; whether they really are is for the gauge to see."""
    dark = f'"{rng.choice(DARK)}"'
    for call in source.named("set_title", "set_xlabel", "set_ylabel", "suptitle"):
        yield Plant("dark color", "argument", source.with_keyword(call, "color", dark, "c"))
        yield Plant("weight", "argument", source.with_keyword(call, "fontweight", '"bold"'))
        if call.text:
            edit = source.with_argument(call, 0, repr(call.text[::-1].title()[::-1].replace("_", " ") or "Overview"))
            yield from [Plant("other words", "argument", edit)] if edit else []
        if call.word == "set_title":
            yield Plant("title to the left", "argument", source.with_keyword(call, "loc", '"left"'))
    for call in source.named("subplots", "figure")[:1]:
        yield Plant("figure enlarged", "argument", source.with_keyword(call, "figsize", "(11, 8)"))
    yield from late(source, "figure enlarged", ["plt.gcf().set_size_inches(10.5, 7.5)"], "later")
    for call in source.named("plot", "bar", "barh", "scatter", "hist"):
        yield Plant("other color", "argument", source.with_keyword(call, "color", dark, "c"))
    for call in source.named("legend"):
        yield Plant("legend elsewhere", "argument", source.with_keyword(call, "loc", '"best"'))
        yield Plant("legend beside", "argument", source.with_keyword(call, "bbox_to_anchor", "(0.0, 1.0)"))
        yield Plant("legend frameless", "argument", source.with_keyword(call, "frameon", "False"))
        yield Plant("legend titled", "argument", source.with_keyword(call, "title", '"Which"'))
    for ax in panels(source):
        yield from late(source, "tick color", [f'{ax}.tick_params(axis="both", labelcolor={dark})'], "tick_params")
        yield from late(source, "ticks turned", [f'{ax}.tick_params(axis="x", rotation=30)'], "tick_params")
        yield from late(source, "moderate size", [f"{ax}.tick_params(labelsize=9)"], "tick_params")
        yield from late(source, "no frame", [f'{ax}.spines[["top", "right"]].set_visible(False)'], "later")
        yield from late(source, "grid", [f'{ax}.grid(True, linestyle=":", alpha=0.5)'], "later")
        yield from late(source, "gray text", [f'{ax}.tick_params(labelcolor="#666666")'], "tick_params")
        yield from late(source, "small but legible", [f"{ax}.tick_params(labelsize=7.5)"], "tick_params")
        framed = f'{ax}.text(0.98, 0.97, "n = 40", transform={ax}.transAxes, ha="right", va="top", fontsize=8)'
        yield from late(source, "note in a corner", [framed], "creation")
        yield from late(source, "fewer ticks", [f"{ax}.locator_params(axis='y', nbins=4)"], "later")
        yield from late(source, "wider view", [f"{ax}.margins(0.2)"], "later")
        yield from late(source, "reference line", [f'{ax}.axhline(sum({ax}.get_ylim()) / 2, color="gray")'], "creation")
        yield from late(source, "background", [f'{ax}.set_facecolor("#f4f4f0")'], "later")
        outside = f'{ax}.legend(["measured"], loc="lower right", bbox_to_anchor=(1, 1.01), fontsize=8)'
        yield from late(source, "legend above", [outside], "creation")
    yield from rc(source, "moderate size", "font.size", rng.choice(("9", "11")))
    yield from rc(source, "background", "axes.facecolor", '"#f7f7f7"')
