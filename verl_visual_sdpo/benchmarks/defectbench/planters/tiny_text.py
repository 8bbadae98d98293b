"""Text too small to be read in the picture as it is saved."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import after, late, on_every, panels, rc

FONT_PX, SIGN_PX = 5.6, 8.0


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    size = rng.choice(("2", "2.5", "3", "3.5"))
    for call in source.named("set_title", "set_xlabel", "set_ylabel", "suptitle", "text", "annotate"):
        yield Plant("text shrunken", "argument", source.with_keyword(call, "fontsize", size, "size"))
        if call.word == "set_title":
            yield after(source, "text shrunken", call, f"{call.axes}.title.set_fontsize({size})")
        elif call.word in ("set_xlabel", "set_ylabel"):
            yield after(source, "text shrunken", call, f"{call.axes}.{call.word[4]}axis.label.set_size({size})")
    for call in source.named("legend"):
        yield Plant("text shrunken", "argument", source.with_keyword(call, "fontsize", size))
        yield after(
            source, "text shrunken", call, f"plt.setp({call.axes}.get_legend().get_texts(), fontsize={size})", "setp"
        )
    for ax in panels(source):
        yield from late(source, "text shrunken", [f"{ax}.tick_params(labelsize={size})"], "tick_params")
        line = f"plt.setp({ax}.get_xticklabels(), fontsize={size})"
        yield from late(source, "text shrunken", [line], "setp")
        yield from on_every(source, "text shrunken", f"{ax}.get_yticklabels()", f"item.set_fontsize({size})")
    yield from rc(source, "text shrunken", "font.size", size)
    yield from rc(source, "text shrunken", "axes.titlesize", size)
    yield from rc(source, "text shrunken", "xtick.labelsize", size)


def offences(facts: Facts, least: float = FONT_PX) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        for text in figure.texts:
            if text.size * figure.scale < least and text.ink:
                yield Offence((page, text.role, text.axes, text.string), page, (text.box,), (text.string,))


KIND = Kind(
    "tiny-text",
    ("tiny-text",),
    "text is too small to be read",
    propose,
    offences,
    signs=lambda facts: offences(facts, SIGN_PX),
)
