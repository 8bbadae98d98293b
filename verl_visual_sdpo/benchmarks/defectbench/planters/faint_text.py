"""Text in a colour that hardly differs from what it stands on."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import after, late, on_every, panels, rc

FAINT = 1.7
SIGN = 3.0
"""WCAG's ratio for large text, the least that it asks of any."""
COLORS = ("#e3e3e3", "#f0e9c8", "#ffe0e0", "whitesmoke", "#d5e8fa", "lightyellow", "gainsboro")


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    faint = f'"{rng.choice(COLORS)}"'
    for call in source.named("set_title", "set_xlabel", "set_ylabel", "suptitle", "text", "annotate"):
        yield Plant("color changed", "argument", source.with_keyword(call, "color", faint, "c"))
        if call.word == "set_title":
            yield after(source, "color changed", call, f"{call.axes}.title.set_color({faint})")
        elif call.word in ("set_xlabel", "set_ylabel"):
            yield after(source, "color changed", call, f"{call.axes}.{call.word[4]}axis.label.set_color({faint})")
    for call in source.named("legend"):
        yield Plant("color changed", "argument", source.with_keyword(call, "labelcolor", faint))
    for call in source.named("pie"):
        yield Plant("color changed", "argument", source.with_keyword(call, "textprops", f"dict(color={faint})"))
    for ax in panels(source):
        yield from late(source, "color changed", [f'{ax}.tick_params(axis="y", labelcolor={faint})'], "tick_params")
        yield from late(source, "color changed", [f"plt.setp({ax}.get_xticklabels(), color={faint})"], "setp")
        yield from on_every(source, "color changed", f"{ax}.get_yticklabels()", f"item.set_color({faint})")
    yield from rc(source, "color changed", "axes.labelcolor", faint)
    yield from rc(source, "color changed", "axes.titlecolor", faint)
    yield from rc(source, "color changed", "xtick.labelcolor", faint)
    for call in source.named("set_title"):
        yield after(source, "transparent", call, f"{call.axes}.title.set_alpha(0.12)")


def offences(facts: Facts, faint: float = FAINT, shortest: int = 2) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        for text in figure.texts:
            if text.contrast < faint and text.ink + text.on_areas > 0 and len(text.string) >= shortest:
                yield Offence((page, text.role, text.axes, text.string), page, (text.box,), (text.string,))


KIND = Kind(
    "faint-text",
    ("low-contrast",),
    "text hardly differs from its ground",
    propose,
    offences,
    signs=lambda facts: offences(facts, SIGN, 1),
)
