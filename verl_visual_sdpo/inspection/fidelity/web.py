"""How like the reference a page is: Design2Code's terms from two records of one page load each, and one of ours.

A *record* is what the page renderer writes down beside the picture: its size, the visible texts with their lines and
colours, a thumbnail (see ``web_blocks.blocks_of`` and ``web_pixels``).

The benchmark finds its blocks by painting every text tag in a colour of its own and comparing screenshots; here they
are read from the layout. Its terms (arXiv 2403.03163, section 3.2), each in [0, 1]:

    block     area of the paired blocks of both sides over the area of all blocks
    text      mean ratio of the pairs' words
    position  mean of 1 - max(|dx|, |dy|) between centres, as shares of the page
    color     mean of max(0, 1 - CIEDE2000 / 100) between text colours

All but ``block`` are means over *paired* blocks: a page with one sentence of fifty scores 1.0 in three of them. A
reward must not pay for that, so what enters it counts them for as much as was paired:

    low = block * (1 + text + position + color) / 4
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from verl_visual_sdpo.inspection.fidelity.color import ciede2000, hex_to_lab
from verl_visual_sdpo.inspection.fidelity.web_blocks import Block, Pair, blocks_of, match
from verl_visual_sdpo.inspection.fidelity.web_pixels import pixel_likeness

TERMS = ("block", "text", "position", "color")
OWN_TERMS = ("pixels",)
"""Terms of ours, which no figure under Design2Code's name may hold."""

Record = Mapping[str, Any]


def design2code(record: Record, reference: Record) -> dict[str, float]:
    """The benchmark's four terms that need no encoder; all 0 where one side shows no text or nothing is alike."""
    drawn, wanted, pairs = match(blocks_of(record), blocks_of(reference))
    paired = [(drawn[pair.drawn], wanted[pair.wanted]) for pair in pairs]
    whole = sum(block.area for block in (*drawn, *wanted))
    if not paired or whole <= 0:
        return dict.fromkeys(TERMS, 0.0)
    return {
        "block": sum(one.area + other.area for one, other in paired) / whole,
        "text": _mean([pair.similarity for pair in pairs]),
        "position": _mean([1.0 - _distance(one, other) for one, other in paired]),
        "color": _color(paired),
    }


def compare(record: Record, reference: Record) -> dict[str, float]:
    """The terms, ``low`` (see the module's head) and, where both records keep a thumbnail, ``pixels`` of our own, which
    is no part of ``low``. The same blocks are alike whatever the pairing makes of those with the same words; pages
    without any text are alike as far as their pictures are."""
    same = blocks_of(record) == blocks_of(reference)
    terms = dict.fromkeys(TERMS, 1.0) if same else design2code(record, reference)
    low = terms["block"] * (1.0 + terms["text"] + terms["position"] + terms["color"]) / 4.0
    pixels = pixel_likeness(record, reference)
    return {**terms, "low": low} if pixels is None else {**terms, "low": low, "pixels": pixels}


def _distance(one: Block, other: Block) -> float:
    (x1, y1), (x2, y2) = one.center, other.center
    return min(max(abs(x1 - x2), abs(y1 - y2)), 1.0)


def _color(paired: Sequence[tuple[Block, Block]]) -> float:
    one, other = (hex_to_lab([_hex(pair[side]) for pair in paired]) for side in (0, 1))
    return _mean(np.maximum(0.0, 1.0 - ciede2000(one, other) / 100.0))


def _hex(block: Block) -> str:
    return "#" + "".join(f"{round(min(max(value, 0.0), 255.0)):02x}" for value in block.color)


def _mean(values: Sequence[float] | np.ndarray) -> float:
    return float(np.mean(values))


__all__ = ["OWN_TERMS", "TERMS", "Block", "Pair", "compare", "design2code"]
