"""A small chart-to-code task: prompts in words plus a picture, programs of about 90 tokens, knobs that can go wrong.

A :class:`ToyChart` says *what* is drawn (kind, words, numbers, colour, theme). A mapping of *knobs* says *how*: font
sizes, margins, rotation, places, colours of text. The right value of a knob depends on the chart: a long title wants a
smaller font, long tick labels rotation and margin, the legend the corner that the data leave free, text on bars the
colour that stands out on them. :func:`good_knobs` follows such rules; :data:`HABITS` are the values that someone who
never looks at the picture would use everywhere. The prompt says everything in words, because a model of two million
parameters does not learn to see within minutes; the reference picture is an input all the same.

Example::

    chart = draw_chart(random.Random(0))
    prompt, program = write_prompt(chart), write_program(chart, good_knobs(chart))
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from verl_visual_sdpo.data import toy_words as words

DATA_SOURCE = "toy_charts"
NOUN = "chart"
OPTIONS: Mapping[str, Any] = {}
KINDS = ("bar", "barh", "group", "line", "scatter")
LABELLED, NAMED = ("bar", "barh", "group"), ("group", "line")  # kinds with a word a bar, with a word a series
WIDTH, HEIGHT = 3.2, 2.4  # inches; 320 x 240 px at matplotlib's 100 dpi
FENCE = "```python\n{}```"
LONGEST = 160
"""Tokens of the tiny model's tokenizer that a response may take."""
TYPOS = (("ax.set_title", "ax.title_set"), ("subplots_adjust", "subplot_adjust"), ('",', ","), (")\n", "\n"))

CHOICES: dict[str, tuple] = {
    "title_size": (8, 10, 12, 16),
    "label_color": ("black", "white", "silver"),
    "value_color": ("black", "white", "silver"),
    "rotation": (0, 30, 60, 90),
    "tick_size": (7, 9, 12),
    "left": (0.1, 0.2, 0.3, 0.4),
    "bottom": (0.1, 0.2, 0.3, 0.4),
    "loc": ("upper left", "upper right", "lower left", "lower right"),
    "legend_size": (7, 9, 12),
    "top": (10, 16, 24, 36),
    "align": ("left", "center", "right"),
}
KNOBS: dict[str, tuple[str, ...]] = {
    "bar": ("value_color", "title_size", "label_color", "rotation", "tick_size", "left", "bottom"),
    "barh": ("value_color", "title_size", "label_color", "tick_size", "left", "bottom"),
    "group": ("rotation", "tick_size", "top", "loc", "legend_size", "title_size", "left", "bottom"),
    "line": ("loc", "legend_size", "title_size", "label_color", "left", "bottom"),
    "scatter": ("align", "top", "title_size", "label_color", "left", "bottom"),
}
HABITS: dict[str, object] = {
    "title_size": 16,
    "label_color": "silver",
    "value_color": "white",
    "rotation": 0,
    "tick_size": 12,
    "left": 0.1,
    "bottom": 0.1,
    "loc": "upper right",
    "legend_size": 12,
    "top": 10,
    "align": "left",
}

Knobs = Mapping[str, object]


@dataclass(frozen=True)
class ToyChart:
    """What to draw. ``series`` holds one row of numbers a series; for scatter the rows are x and y."""

    kind: str
    title: str
    x_label: str
    y_label: str
    labels: tuple[str, ...]
    names: tuple[str, ...]
    series: tuple[tuple[int, ...], ...]
    mark: str
    color: str
    dark: bool


# --------------------------------------------------------------------------- what to draw


def draw_chart(rng: random.Random, kind: str | None = None) -> ToyChart:
    """A random chart of ``kind`` (default: any)."""
    kind = kind or rng.choice(KINDS)
    count = rng.randint(3, 4) if kind in LABELLED else rng.randint(4, 5)
    return ToyChart(
        kind=kind,
        series=_numbers(rng, kind, count),
        color=rng.choice(words.COLORS),
        dark=rng.random() < 0.3,
        **_words(rng, kind, count),
    )


draw = draw_chart


def from_plain(plain: Mapping[str, Any]) -> ToyChart:
    """A chart from its fields as JSON keeps them."""
    rows = tuple(tuple(row) for row in plain["series"])
    return ToyChart(**{**plain, "labels": tuple(plain["labels"]), "names": tuple(plain["names"]), "series": rows})


def reword(chart: ToyChart, rng: random.Random) -> ToyChart:
    """The same chart with other words, which nobody can read at the size at which the tiny model sees pictures."""
    return replace(chart, **_words(rng, chart.kind, len(chart.series[0])))


def words_of(chart: ToyChart) -> tuple[str, ...]:
    """The words that :func:`reword` changes; those of two charts of one kind and size correspond."""
    return (chart.title, chart.x_label, chart.y_label, chart.mark, *chart.labels, *chart.names)


def _words(rng: random.Random, kind: str, count: int) -> dict[str, object]:
    pool = words.LONG_LABELS if rng.random() < 0.5 else words.SHORT_LABELS
    return {
        "title": _title(rng),
        "x_label": rng.choice(words.AXES),
        "y_label": rng.choice(words.UNITS),
        "labels": tuple(rng.sample(pool, count)) if kind in LABELLED else (),
        "names": tuple(rng.sample(words.SERIES, 2)) if kind in NAMED else (),
        "mark": rng.choice(words.MARKS) if kind == "scatter" else "",
    }


def _title(rng: random.Random) -> str:
    quantity, group = rng.choice(words.QUANTITIES), rng.choice(words.GROUPS)
    before, within = rng.sample(words.ADJECTIVES, 2)
    return rng.choice(
        (
            f"{quantity} by {group}",
            f"{before.capitalize()} {quantity.lower()} by {group}",
            f"{before.capitalize()} {quantity.lower()} by {within} {group}",
        )
    )


def _numbers(rng: random.Random, kind: str, count: int) -> tuple[tuple[int, ...], ...]:
    """No number stands twice in a chart, so that a model which copies a list never loses its place."""
    if kind in ("bar", "barh"):
        return (tuple(rng.sample(range(3, 20), count)),)
    if kind == "group":
        return tuple(rng.sample(range(2, 9), count)), tuple(rng.sample(range(9, 16), count))
    if kind == "line":
        rising = rng.random() < 0.5
        upper, lower = (
            sorted(rng.sample(values, count), reverse=not rising) for values in (range(6, 26, 2), range(1, 21, 2))
        )
        return tuple(upper), tuple(lower)
    return tuple(sorted(rng.sample(range(1, 10), count))), tuple(rng.sample(range(10, 30), count))


# --------------------------------------------------------------------------- how to say it


def write_prompt(chart: ToyChart) -> str:
    """The instruction; ``<image>`` marks the reference picture. The words say all of it too: see the module's head."""
    theme = "dark" if chart.dark else "light"
    return f'<image>Draw this {theme} chart with matplotlib: "{chart.title}", {_details(chart)}, color="{chart.color}".'


def _details(chart: ToyChart) -> str:
    first, second = list(chart.series[0]), list(chart.series[-1])
    match chart.kind:
        case "bar":
            return f'bars [{_labels(chart)}] with {first}, y label "{chart.y_label}", values inside'
        case "barh":
            return f'horizontal bars [{_labels(chart)}] with {first}, x label "{chart.y_label}", values inside'
        case "group":
            return f"grouped bars [{_labels(chart)}], {_named(chart, 0)}, {_named(chart, 1)}"
        case "line":
            return f'lines {_named(chart, 0)}, {_named(chart, 1)}, x label "{chart.x_label}"'
    return f'points {first}, {second}, mark "{chart.mark}", at {_marked(chart)}, y label "{chart.y_label}"'


def _named(chart: ToyChart, index: int) -> str:
    return f'"{chart.names[index]}" {list(chart.series[index])}'


def _marked(chart: ToyChart) -> tuple[int, int]:
    x, y = chart.series
    at = max(range(len(y)), key=y.__getitem__)
    return x[at], y[at]


def write_program(chart: ToyChart, knobs: Knobs) -> str:
    """Source code that draws ``chart`` with ``knobs`` (those of ``KNOBS[chart.kind]``)."""
    lines = ["import matplotlib.pyplot as plt"]
    if chart.dark:
        lines.append('plt.style.use("dark_background")')
    lines.append(f"fig, ax = plt.subplots(figsize=({WIDTH}, {HEIGHT}))")
    lines += _BODIES[chart.kind](chart, knobs)
    lines.append(f"fig.subplots_adjust(left={knobs['left']}, bottom={knobs['bottom']})")
    return "\n".join(lines) + "\n"


def write_response(chart: ToyChart, knobs: Knobs) -> str:
    """The program as a model answers it: one fenced block."""
    return FENCE.format(write_program(chart, knobs))


def _labels(chart: ToyChart) -> str:
    return ", ".join(f'"{label}"' for label in chart.labels)


def _title_line(chart: ToyChart, knobs: Knobs) -> str:
    return f'ax.set_title("{chart.title}", fontsize={knobs["title_size"]})'


def _label_line(axis: str, text: str, knobs: Knobs) -> str:
    return f'ax.set_{axis}label("{text}", color="{knobs["label_color"]}")'


def _legend_line(knobs: Knobs) -> str:
    return f'ax.legend(loc="{knobs["loc"]}", fontsize={knobs["legend_size"]})'


def _bar(chart: ToyChart, knobs: Knobs) -> list[str]:
    return [
        f'bars = ax.bar([{_labels(chart)}], {list(chart.series[0])}, color="{chart.color}")',
        f'ax.bar_label(bars, label_type="center", color="{knobs["value_color"]}")',
        _title_line(chart, knobs),
        _label_line("y", chart.y_label, knobs),
        f'ax.tick_params(axis="x", rotation={knobs["rotation"]}, labelsize={knobs["tick_size"]})',
    ]


def _barh(chart: ToyChart, knobs: Knobs) -> list[str]:
    return [
        f'bars = ax.barh([{_labels(chart)}], {list(chart.series[0])}, color="{chart.color}")',
        f'ax.bar_label(bars, label_type="center", color="{knobs["value_color"]}")',
        _title_line(chart, knobs),
        _label_line("x", chart.y_label, knobs),
        f'ax.tick_params(axis="y", labelsize={knobs["tick_size"]})',
    ]


def _group(chart: ToyChart, knobs: Knobs) -> list[str]:
    (first, second), (plan, actual) = chart.series, chart.names
    return [
        f"x = {list(range(len(chart.labels)))}",
        f'ax.bar(x, {list(first)}, width=-0.4, align="edge", color="{chart.color}", label="{plan}")',
        f'ax.bar(x, {list(second)}, width=0.4, align="edge", color="gray", label="{actual}")',
        f"ax.set_xticks(x, [{_labels(chart)}], rotation={knobs['rotation']}, fontsize={knobs['tick_size']})",
        f"ax.set_ylim(0, {knobs['top']})",
        _legend_line(knobs),
        _title_line(chart, knobs),
    ]


def _line(chart: ToyChart, knobs: Knobs) -> list[str]:
    return [
        f'ax.plot({list(chart.series[0])}, color="{chart.color}", label="{chart.names[0]}")',
        f'ax.plot({list(chart.series[1])}, color="gray", label="{chart.names[1]}")',
        _legend_line(knobs),
        _title_line(chart, knobs),
        _label_line("x", chart.x_label, knobs),
    ]


def _scatter(chart: ToyChart, knobs: Knobs) -> list[str]:
    x, y = _marked(chart)
    return [
        f'ax.scatter({list(chart.series[0])}, {list(chart.series[1])}, color="{chart.color}")',
        f'ax.text({x}, {y}, "{chart.mark}", ha="{knobs["align"]}", va="bottom")',
        f"ax.set_ylim(0, {knobs['top']})",
        _title_line(chart, knobs),
        _label_line("y", chart.y_label, knobs),
    ]


_BODIES = {"bar": _bar, "barh": _barh, "group": _group, "line": _line, "scatter": _scatter}


# --------------------------------------------------------------------------- how it goes right and wrong


def good_knobs(chart: ToyChart) -> dict[str, object]:
    """Values that a careful author would choose; the data set keeps a chart only if they prove clean when rendered."""
    longest = max((len(label) for label in chart.labels), default=0)
    crowded = sum(len(label) for label in chart.labels) > 20
    ink = "white" if chart.dark else "black"
    rising = chart.kind == "line" and chart.series[0][-1] > chart.series[0][0]
    left = (0.4 if longest > 6 else 0.2) if chart.kind == "barh" else 0.2
    knobs = {
        "title_size": 12 if len(chart.title) <= 22 else 10 if len(chart.title) <= 30 else 8,
        "label_color": ink,
        "value_color": "white" if chart.color in words.DARK_COLORS else "black",
        "rotation": 60 if crowded else 0,
        "tick_size": 9,
        "left": left,
        "bottom": (0.4 if longest > 6 else 0.3) if crowded and chart.kind != "barh" else 0.2,
        "loc": "upper left" if rising else "upper right",
        "legend_size": 7,
        "top": 36 if chart.kind == "scatter" else 24,
        "align": _alignment(chart) if chart.kind == "scatter" else "center",
    }
    return {knob: knobs[knob] for knob in KNOBS[chart.kind]}


def _alignment(chart: ToyChart) -> str:
    x, low, high = _marked(chart)[0], chart.series[0][0], chart.series[0][-1]
    place = (x - low) / (high - low)
    return "left" if place < 0.35 else "center" if place < 0.65 else "right"
