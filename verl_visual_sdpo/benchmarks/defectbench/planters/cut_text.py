"""Text that the frame of its axes cuts off."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import late, on_every, panels

LEAST, MOST = 0.15, 0.92
SIGN_LEAST, SIGN_MOST = 0.03, 0.99


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    x, y, ha = rng.choice(((0.9, 0.55, "left"), (0.06, 0.5, "right"), (0.93, 0.94, "left")))
    for ax in panels(source):
        where = f'ha="{ha}", transform={ax}.transAxes, clip_on=True'
        yield from late(source, "artist added", [f'{ax}.text({x}, {y}, "best of all the years", {where})'], "creation")
        note = f'xycoords="axes fraction", annotation_clip=False, clip_on=True, ha="center", clip_box={ax}.bbox'
        yield from late(
            source, "artist added", [f'{ax}.annotate("the largest by far", (0.97, 0.7), {note})'], "creation"
        )
    for call in source.named("text", "annotate"):
        if call.receiver not in ("fig", "figure"):
            yield Plant("text clipped", "argument", source.with_keyword(call, "clip_on", "True"))
    items = "[t for a in plt.gcf().axes for t in a.texts]"
    if source.named("text", "annotate"):
        yield from on_every(source, "text clipped", items, "item.set(clip_on=True, fontsize=24)")


def offences(facts: Facts, least: float = LEAST, most: float = MOST) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        for text in figure.texts:
            if least <= text.cut <= most:
                yield Offence((page, text.role, text.axes, text.string), page, (text.box,), (text.string,))


KIND = Kind(
    "cut-text",
    ("text-clipped",),
    "the axes' frame cuts text off",
    propose,
    offences,
    signs=lambda facts: offences(facts, SIGN_LEAST, SIGN_MOST),
)
