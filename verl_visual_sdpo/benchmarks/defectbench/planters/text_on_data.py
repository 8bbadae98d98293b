"""Text written across lines or marks."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import after, late, on_every, panels

INK_SHARE, INK_PX, LEAST_MARKS = 0.04, 12, 400
SIGN_SHARE, SIGN_PX = 0.01, 3
WORDS = ("the middle of the period", "half of all that was seen", "where the trend turns")
POINT = "{ax}.lines[0].get_xydata()[len({ax}.lines[0].get_xdata()) // 2]"


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    words, size = rng.choice(WORDS), rng.choice((11, 14, 17))
    centred = f'ha="center", va="center", fontsize={size}'
    for ax in panels(source):
        point = POINT.format(ax=ax)
        if source.named("plot", "step", "loglog", "errorbar"):
            yield from late(source, "text added", [f'{ax}.text(*{point}, "{words}", {centred})'], "creation")
            yield from late(source, "text added", [f'{ax}.annotate("{words}", {point}, {centred})'], "creation")
        x, y = rng.choice(((0.5, 0.5), (0.4, 0.6), (0.6, 0.4)))
        spot = f'{ax}.text({x}, {y}, "{words}", transform={ax}.transAxes, {centred})'
        yield from late(source, "text added", [spot], "creation")
        lines = ["def note(ax, x, y, words):", f"    ax.text(x, y, words, transform=ax.transAxes, {centred})"]
        yield from late(source, "text added", [*lines, f'note({ax}, {x}, {y}, "{words}")'], "helper", guilty=(1, 2))
    for call in source.named("set_title"):
        yield Plant("text moved", "argument", source.with_keyword(call, "y", "0.5"))
        yield after(source, "text moved", call, f"{call.axes}.title.set(y=0.55, va='center')")
    for call in source.named("annotate"):
        yield Plant("annotation moved", "argument", source.with_keyword(call, "xytext", "(0, 0)"))
    if source.named("text", "annotate"):
        yield from on_every(source, "text enlarged", "plt.gca().texts", "item.set(fontsize=28)")


def offences(facts: Facts, share: float = INK_SHARE, least: int = INK_PX) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        for text in figure.texts:
            if text.role in ("xtick", "ytick", "legend", "table") or text.frame:
                continue
            if text.on_marks >= max(least, share * text.ink):
                yield Offence((page, text.role, text.axes, text.string), page, (text.box,), (text.string,))


KIND = Kind(
    "text-on-data",
    ("text-over-data",),
    "text is written across lines or marks",
    propose,
    offences,
    room=lambda facts: any(figure.marks > LEAST_MARKS for figure in facts.figures),
    signs=lambda facts: offences(facts, SIGN_SHARE, SIGN_PX),
)
