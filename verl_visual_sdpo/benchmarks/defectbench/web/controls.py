"""Changes that alter a page without any defect: what a detector must not report."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Facts
from verl_visual_sdpo.benchmarks.defectbench.web.kinds import TEXT_TAGS, Plant
from verl_visual_sdpo.benchmarks.defectbench.web.source import Source


def propose(source: Source, facts: Facts, rng: random.Random) -> Iterator[Plant]:
    """Harmless plants; whether they really are is for the gauge to see."""
    changes = {
        "letters apart": ("letter-spacing: 0.5px",),
        "bold": ("font-weight: bold",),
        "slanted": ("font-style: italic",),
        "a little larger": ("font-size: 1.08em",),
        "small but legible": ("font-size: 12px",),
        "more room": ("padding-bottom: 18px",),
        "rounded": ("border-radius: 12px",),
        "in capitals": ("text-transform: uppercase",),
        "moved by a hair": ("position: relative", "top: 1px"),
        "centred": ("text-align: center",),
        "looser lines": ("line-height: 1.7",),
        "tight lines": ("line-height: 1.15",),
        "framed": ("border: 1px solid currentColor",),
        "shadowed": ("box-shadow: 0 2px 6px rgba(0, 0, 0, 0.2)",),
        "clipped with room": ("overflow: hidden",),
        "more air": ("margin-bottom: 40px",),
    }
    tags = list(source.tags)
    rng.shuffle(tags)
    for tag in tags:
        thing = facts.things.get(tag.number)
        if thing is None or not thing.shown or tag.name not in (*TEXT_TAGS, "div", "section", "img"):
            continue
        name = rng.choice(sorted(changes))
        yield Plant(name, "inline", source.inline(tag, changes[name]))
        badge = '<span style="background: #b00020; color: #ffffff; padding: 2px 6px; font-size: 12px">New</span> '
        if tag.name in ("h2", "h3", "figure"):
            yield Plant("a badge", "insertion", source.inserted(tag, badge))
