"""The public scorer's quirks, one switch each. All are on by default: only then is a figure ChartMimic's.

Read in the public code; what depends on chance there and so cannot be repeated stands in ``NOT_REPEATED``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError

QUIRKS: Mapping[str, str] = {
    "first-block": "a response's program is its first closed python block, cut at the first plt.savefig( or plt.show(, "
    "with plt.savefig appended; without: the last block, unchanged",
    "empty-is-zero": "a score is 0 where neither side has anything; without: 1",
    "ticks-cleared": "tick labels of the x and y axes are no text; without: they are",
    "ticks-left": "labels of minor ticks, of third axes and of axes inside axes are text; without: they are not",
    "last-figure": "the layout is that of the last current figure; without: of all that are open at the end",
    "graph-layout": "tasks named graph* compare the number of axes alone; without: their cells like any other",
    "unhooked-calls": "pcolormesh, hexbin, streamplot, hist2d and their like are neither types nor colours; without: "
    "they are both",
    "shapes-are-charts": "a Circle or Ellipse made outside a plotting call is a chart type and a colour; without: no",
    "last-artist": "of several artists that start out in one colour by one function, the last one's colour counts; "
    "without: every artist's",
    "unreadable-color": "one colour that the scorer cannot read (a bar recoloured by name) empties the program's list; "
    "without: all others stay, and names are read",
    "thinned-colors": "of more than ten colours, those more similar than 0.7 to an earlier one are dropped; without: "
    "all stay",
}
"""Name of a quirk: what it does, and what is done without it."""

NOT_REPEATED = (
    "The order in which many colours are thinned (there: of a set of strings, another one in every run; here: as they "
    "were drawn).",
    "The type score of a program without any chart type (there: the score of the example before it; here: 0).",
    "Failing hooks: a plotting call that raises and is caught stops all counting there; here it does not count itself.",
    "Hooks there change the names of functions: a library that asks for one (seaborn does for the colour of a violin "
    "plot does) fails, and the program is without chart types; here it runs.",
    "Newer keywords of networkx, which the hooks there do not take, and a program's own fig.savefig to a PDF, whose "
    "texts count a second time there.",
    "Definitions are applied to matplotlib 3.11; the scorer runs on 3.8.4 (stem, boxplot and colour bars draw by other "
    "calls in some versions).",
)

ALL = frozenset(QUIRKS)
SHAPES = frozenset({"Ellipse"})
GRAPH_CELL = (1, 1, 0, 1, 0, 1)

Notes = Mapping[str, Any]


def quirks_without(names: Collection[str]) -> frozenset[str]:
    """All quirks but these. Raises InvalidInputError for a name that is not known."""
    if unknown := sorted(set(names) - ALL):
        raise InvalidInputError(f"quirk {', '.join(unknown)} is not known; known are {', '.join(QUIRKS)}")
    return ALL - set(names)


def record_of(notes: Notes, quirks: frozenset[str], example_id: str) -> dict[str, Any]:
    """The four facts that are compared, from what the driver noted (``drivers/chart_mimic.py``), as the quirks have
    it. The form is that of a chart's record (``fidelity/chart.py``)."""
    return {
        "texts": _texts(notes["texts"], quirks),
        "layout": _layout(notes["layout"], quirks, example_id),
        "types": _types(notes, quirks),
        "colors": _colors(notes["colors"], quirks),
    }


def _texts(texts: Mapping[str, list[str]], quirks: frozenset[str]) -> list[str]:
    found = list(texts["plain"])
    if "ticks-cleared" not in quirks:
        found += texts["tick"]
    if "ticks-left" in quirks:
        found += texts["kept tick"]
    return found


def _layout(layout: Mapping[str, Any], quirks: frozenset[str], example_id: str) -> list[Any]:
    if "graph-layout" in quirks and example_id.startswith("graph"):
        return [GRAPH_CELL] * layout["axes"]
    return layout["last" if "last-figure" in quirks else "all"]


def _types(notes: Notes, quirks: frozenset[str]) -> dict[str, int]:
    types = {name: n for name, n in notes["types"].items() if "shapes-are-charts" in quirks or name not in SHAPES}
    return types if "unhooked-calls" in quirks else {**types, **notes["unhooked types"]}


def _colors(colors: Mapping[str, Any], quirks: frozenset[str]) -> dict[str, list[str]]:
    if colors["unreadable"] and "unreadable-color" in quirks:
        return {}
    found = list(colors["kept" if "last-artist" in quirks else "every"])
    if "unhooked-calls" not in quirks:
        found += colors["unhooked"]
    groups: dict[str, list[str]] = {}
    for group, color in found:
        if "shapes-are-charts" in quirks or group not in SHAPES:
            groups.setdefault(group, []).append(color)
    return groups
