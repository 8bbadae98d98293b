"""Text or data that another artist covers: a patch drawn on top, the wrong order of drawing."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.planters.writing import late, panels

SEEN, SIGN = 0.4, 0.7


def propose(source: Source, rng: random.Random) -> Iterator[Plant]:
    left, right = rng.choice(((0.1, 0.6), (0.4, 0.95), (0.0, 1.0)))
    color = rng.choice(("white", "lightgray", "#f5deb3"))
    for ax in panels(source):
        whole = f'color="{color}", zorder=20'
        box = f"plt.Rectangle(({left}, 0.05), {right - left:.2f}, 0.9, transform={ax}.transAxes, {whole})"
        yield from late(source, "patch on top", [f"{ax}.add_patch({box})"], "creation")
        yield from late(source, "patch on top", [f"{ax}.axvspan(*{ax}.get_xlim(), {whole})"], "creation")
        fill = f"{ax}.fill_between({ax}.get_xlim(), *{ax}.get_ylim(), {whole})"
        yield from late(source, "patch on top", [fill], "creation")
        lines = ["def shade(ax):", f"    ax.axhspan(*ax.get_ylim(), {whole})", f"shade({ax})"]
        yield from late(source, "patch on top", lines, "helper", guilty=(1, 2))
        yield from late(source, "order changed", [f"{ax}.patch.set_zorder(20)"], "later")
        note = f'{ax}.text(0.5, 0.5, " " * 60, transform={ax}.transAxes, ha="center", fontsize=24'
        note += f', bbox=dict(facecolor="{color}", pad=30), zorder=20)'
        yield from late(source, "patch on top", [note], "creation")
    for call in source.named("bar", "fill_between", "axhspan", "axvspan", "scatter"):
        yield Plant("order changed", "argument", source.with_keyword(call, "zorder", "30"))


def offences(facts: Facts, seen: float = SEEN) -> Iterator[Offence]:
    for page, figure in enumerate(facts.figures):
        data = [artist for artist in figure.hidden if artist.role == "data"]
        for artist in figure.hidden:
            if artist.seen < seen:
                number = data.index(artist) if artist in data else 0  # data have no names to be known by
                key = (page, artist.role, artist.axes, artist.string, number)
                yield Offence(key, page, (artist.box,), (artist.string,))


KIND = Kind(
    "covered",
    ("covered-artist",),
    "an artist is drawn on top of text or data",
    propose,
    offences,
    hidden=True,
    signs=lambda facts: offences(facts, SIGN),
)
