"""Clean chart programs of many kinds, written by a seed: the ground on which defects are planted.

Each generator returns a :class:`Chart`: an ordinary matplotlib program (one statement a line, an object-oriented or a
pyplot hand, loops and helpers here and there) that draws a chart without defects, and the few facts that a planter
needs to spoil it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

TOPICS = (
    ("Sales by region", "Region", "Sales (M EUR)", ("North", "South", "East", "West", "Centre")),
    ("Visitors a month", "Month", "Visitors", ("Jan", "Feb", "Mar", "Apr", "May", "Jun")),
    ("Energy by source", "Source", "Output (GWh)", ("Wind", "Solar", "Hydro", "Gas", "Coal")),
    ("Harvest by crop", "Crop", "Yield (t/ha)", ("Wheat", "Maize", "Rice", "Oats")),
    ("Tickets by team", "Team", "Tickets", ("Ops", "Web", "Data", "Core", "Test", "Docs")),
)
COLORS = ("tab:blue", "tab:orange", "tab:green", "tab:purple", "teal", "slateblue", "indianred", "steelblue")
SIZES = ("6.4, 4.8", "7, 5", "8, 5", "6, 4.5", "9, 5.5")


@dataclass(frozen=True)
class Chart:
    """``axes`` are the expressions of the panels; ``limit`` a statement that cuts the data; ``legend`` a place where a
    legend hides data; ``on_data`` (x, y) expressions of a point amid lines or marks; ``ticks`` (statement with many
    long labels); ``spare`` the statement that makes the figure and the same with one axes too many."""

    kind: str
    source: str
    axes: tuple[str, ...] = ("ax",)
    limit: str = ""
    legend: str = ""
    on_data: str = ""
    words: bool = False
    spare: tuple[str, str] | None = None
    traits: frozenset[str] = field(default_factory=frozenset)


def _topic(rng: random.Random):
    title, xlabel, ylabel, names = rng.choice(TOPICS)
    return title, xlabel, ylabel, list(names), [rng.randint(20, 95) for _ in names]


def _figure(rng: random.Random) -> tuple[str, tuple[str, str]]:
    size = rng.choice(SIZES)
    line = f"fig, ax = plt.subplots(figsize=({size}))"
    return line, (line, f"fig, (ax, spare) = plt.subplots(1, 2, figsize=({size}))")


def _program(*lines: str, layout: str = "fig.tight_layout()") -> str:
    head = ["import matplotlib.pyplot as plt", "import numpy as np", ""]
    return "\n".join(
        [*head, *(part for line in lines for part in line.split("\n")), layout, 'fig.savefig("chart.png")', ""]
    )


def _labels(title: str, xlabel: str, ylabel: str) -> list[str]:
    return [f'ax.set_title("{title}")', f'ax.set_xlabel("{xlabel}")', f'ax.set_ylabel("{ylabel}")']


def bar(rng: random.Random) -> Chart:
    title, xlabel, ylabel, names, values = _topic(rng)
    figure, spare = _figure(rng)
    lines = [f"names = {names}", f"values = {values}", figure]
    lines += [f'bars = ax.bar(names, values, color="{rng.choice(COLORS)}", label="2024")']
    lines += rng.choice((["ax.bar_label(bars)"], ['ax.grid(axis="y", alpha=0.3)'], []))
    source = _program(*lines, *_labels(title, xlabel, ylabel))
    limit = f"ax.set_ylim(0, {max(values) * 0.6:.0f})"
    return Chart("bar", source, limit=limit, legend="lower center", words=True, spare=spare)


def barh(rng: random.Random) -> Chart:
    title, ylabel, xlabel, names, values = _topic(rng)
    figure, spare = _figure(rng)
    lines = [
        f"names = {names}",
        f"values = {values}",
        figure,
        f'ax.barh(names, values, color="{rng.choice(COLORS)}", label="2024")',
    ]
    source = _program(*lines, *_labels(title, xlabel, ylabel))
    limit = f"ax.set_xlim(0, {max(values) * 0.65:.0f})"
    return Chart("barh", source, limit=limit, legend="lower left", spare=spare)


def grouped_bar(rng: random.Random) -> Chart:
    title, xlabel, ylabel, names, values = _topic(rng)
    figure, spare = _figure(rng)
    later = [v + rng.randint(-8, 8) for v in values]
    lines = [f"names = {names}", "x = np.arange(len(names))", figure]
    lines += [f'ax.bar(x - 0.2, {values}, 0.4, label="2023")', f'ax.bar(x + 0.2, {later}, 0.4, label="2024")']
    lines += ["ax.set_xticks(x, names)", "ax.margins(y=0.3)", 'ax.legend(loc="upper left", ncols=2)']
    source = _program(*lines, *_labels(title, xlabel, ylabel))
    return Chart("grouped bar", source, legend="lower center", words=True, spare=spare, traits=frozenset({"legend"}))


def stacked_bar(rng: random.Random) -> Chart:
    title, xlabel, ylabel, names, values = _topic(rng)
    figure, spare = _figure(rng)
    lines = [
        f"names = {names}",
        f"parts = {{'home': {values}, 'abroad': {values[::-1]}, 'online': {[30] * len(values)}}}",
    ]
    lines += [figure, "base = np.zeros(len(names))", "for label, part in parts.items():"]
    lines += ["    ax.bar(names, part, bottom=base, label=label)", "    base = base + part"]
    lines += ['ax.legend(loc="upper center", ncols=3)', "ax.margins(y=0.25)"]
    source = _program(*lines, *_labels(title, xlabel, ylabel))
    return Chart("stacked bar", source, legend="lower center", words=True, spare=spare, traits=frozenset({"legend"}))


def lines_with_legend(rng: random.Random) -> Chart:
    title, _, ylabel, _, _ = _topic(rng)
    figure, spare = _figure(rng)
    lines = [
        f"rng = np.random.default_rng({rng.randint(0, 999)})",
        "x = np.linspace(0, 10, 60)",
        "y = 4 * x + rng.normal(0, 1, 60)",
    ]
    lines += [
        figure,
        "for k in range(3):",
        '    ax.plot(x, y - 7 * k, label=f"Plant {k + 1}")',
        'ax.legend(loc="upper left")',
    ]
    lines += rng.choice((["ax.grid(True, alpha=0.4)"], []))
    source = _program(*lines, *_labels(title, "Week", ylabel))
    return Chart(
        "lines",
        source,
        legend="center",
        on_data="x[30], y[30]",
        spare=spare,
        traits=frozenset({"legend"}),
    )


def pyplot_line(rng: random.Random) -> Chart:
    title, _, ylabel, _, _ = _topic(rng)
    lines = [
        f"fig = plt.figure(figsize=({rng.choice(SIZES)}))",
        "x = np.linspace(0, 12, 80)",
        f"y = 20 + 6 * np.sin(x + {rng.random():.2f})",
    ]
    lines += [
        f'plt.plot(x, y, color="{rng.choice(COLORS)}", label="measured")',
        "plt.axhline(20, color='gray', ls='--', lw=0.8)",
    ]
    lines += [f'plt.title("{title}")', 'plt.xlabel("Week")', f'plt.ylabel("{ylabel}")']
    source = _program(*lines, layout="plt.tight_layout()")
    return Chart(
        "pyplot line", source, axes=("plt.gca()",), limit="plt.ylim(13, 23)", legend="center", on_data="x[20], y[20]"
    )


def marker_line(rng: random.Random) -> Chart:
    title, _, ylabel, _, _ = _topic(rng)
    figure, spare = _figure(rng)
    lines = [
        "years = np.arange(2010, 2025)",
        f"values = {[40 + 3 * i + rng.randint(-6, 6) for i in range(15)]}",
        figure,
    ]
    lines += [
        'ax.plot(years, values, marker="o", label="total")',
        "ax.fill_between(years, 0, values, alpha=0.15)",
        "ax.set_ylim(0, 125)",
    ]
    lines += ['ax.annotate("record", xy=(years[-1], values[-1]), xytext=(2013, 112), arrowprops=dict(arrowstyle="->"))']
    source = _program(*lines, *_labels(title, "Year", ylabel))
    return Chart(
        "marker line",
        source,
        limit="ax.set_ylim(0, 62)",
        legend="center",
        on_data="years[7], values[7]",
        spare=spare,
    )


def scatter(rng: random.Random) -> Chart:
    figure, spare = _figure(rng)
    lines = [f"rng = np.random.default_rng({rng.randint(0, 999)})", "x, y = rng.uniform(0, 10, (2, 300))", figure]
    lines += ['points = ax.scatter(x, y, c=x + y, s=22, label="sample")', 'fig.colorbar(points, ax=ax, label="sum")']
    source = _program(*lines, *_labels("Two measures", "Length (cm)", "Width (cm)"))
    return Chart("scatter", source, legend="center", limit="ax.set_ylim(0, 6)", on_data="5, 5", spare=spare)


def scatter_groups(rng: random.Random) -> Chart:
    figure, spare = _figure(rng)
    lines = [f"rng = np.random.default_rng({rng.randint(0, 999)})", figure]
    lines += ['for k, group in enumerate(["setosa", "virginica", "other"]):']
    lines += ["    ax.scatter(rng.normal(3 * k, 0.7, 60), rng.normal(k, 0.5, 60), s=18, label=group)"]
    lines += ['ax.legend(loc="upper left")', "ax.set_ylim(-2, 5)"]
    source = _program(*lines, *_labels("Three groups", "Petal length", "Petal width"))
    return Chart(
        "scatter groups",
        source,
        legend="center",
        on_data="3, 1",
        spare=spare,
        traits=frozenset({"legend"}),
    )


def pie(rng: random.Random) -> Chart:
    title, _, _, names, _ = _topic(rng)
    figure, _ = _figure(rng)
    shares = [rng.randint(15, 35) for _ in names]
    lines = [
        f"names = {names}",
        figure,
        f'ax.pie({shares}, labels=names, autopct="%1.0f%%")',
        f'ax.set_title("{title}")',
    ]
    return Chart("pie", _program(*lines), legend="center", traits=frozenset({"pie"}))


def histogram(rng: random.Random) -> Chart:
    figure, spare = _figure(rng)
    lines = [f"rng = np.random.default_rng({rng.randint(0, 999)})", "data = rng.normal(170, 9, 800)", figure]
    lines += [f'counts, _, _ = ax.hist(data, bins={rng.randint(15, 30)}, color="{rng.choice(COLORS)}", label="people")']
    source = _program(*lines, *_labels("Height of visitors", "Height (cm)", "Count"))
    return Chart("histogram", source, limit="ax.set_ylim(0, counts.max() * 0.6)", legend="lower center", spare=spare)


def heatmap(rng: random.Random) -> Chart:
    _, _, _, names, _ = _topic(rng)
    n = len(names)
    lines = [
        f"names = {names}",
        f"grid = np.random.default_rng({rng.randint(0, 999)}).uniform(0, 1, ({n}, {n}))",
        "fig, ax = plt.subplots(figsize=(6.5, 5.5))",
    ]
    lines += [
        'picture = ax.imshow(grid, cmap="Blues", vmin=0, vmax=1)',
        "ax.set_xticks(range(len(names)), names)",
        "ax.set_yticks(range(len(names)), names)",
    ]
    lines += ["for i in range(len(names)):", "    for j in range(len(names)):"]
    lines += [
        '        color = "white" if grid[i, j] > 0.75 else "black"',
        '        ax.text(j, i, f"{grid[i, j]:.2f}", ha="center", va="center", color=color)',
    ]
    lines += ['fig.colorbar(picture, ax=ax, label="share")', 'ax.set_title("Mixing of groups")']
    return Chart("heatmap", _program(*lines), words=True)


def four_panels(rng: random.Random) -> Chart:
    lines = [
        f"rng = np.random.default_rng({rng.randint(0, 999)})",
        f"fig, axes = plt.subplots(2, 2, figsize=({rng.choice(('8, 6', '9, 7', '10, 7'))}))",
    ]
    lines += [
        "for k, ax in enumerate(axes.flat):",
        f'    ax.plot(np.cumsum(rng.normal(0, 1, 50)), color="{rng.choice(COLORS)}")',
    ]
    lines += ['    ax.set_title(f"Station {k + 1}")', '    ax.set_xlabel("Day")', '    ax.set_ylabel("Level")']
    return Chart("four panels", _program(*lines), axes=tuple(f"axes[{i}, {j}]" for i in (0, 1) for j in (0, 1)))


def panels_in_row(rng: random.Random) -> Chart:
    _, xlabel, ylabel, names, values = _topic(rng)
    names, values = names[:4], values[:4]
    n = rng.choice((2, 3))
    figure = f"fig, axes = plt.subplots(1, {n}, figsize=({4 * n}, 4))"
    lines = [
        f"names = {names}",
        f"values = np.array({values})",
        "",
        "def panel(ax, factor, year):",
        "    ax.bar(names, values * factor)",
    ]
    lines += [
        '    ax.set_title(f"Year {year}")',
        f'    ax.set_xlabel("{xlabel}")',
        f'    ax.set_ylabel("{ylabel}")',
        "",
        figure,
    ]
    lines += [f"panel(axes[{k}], {1 + 0.3 * k:.1f}, {2022 + k})" for k in range(n)]
    spare = (figure, f"fig, axes = plt.subplots(1, {n + 1}, figsize=({4 * n + 2}, 4))")
    return Chart("panels in a row", _program(*lines), axes=tuple(f"axes[{k}]" for k in range(n)), spare=spare)


def stacked_panels(rng: random.Random) -> Chart:
    n = rng.choice((2, 3))
    figure = f"fig, axes = plt.subplots({n}, 1, figsize=(7, {2.6 * n:.1f}))"
    lines = ["t = np.linspace(0, 6, 200)", figure]
    for k in range(n):
        lines += [f"axes[{k}].plot(t, np.sin({k + 1} * t))", f'axes[{k}].set_title("Channel {k + 1}")']
        lines += [f'axes[{k}].set_ylabel("Voltage (V)")', f'axes[{k}].set_xlabel("Time (s)")']
    spare = (figure, f"fig, axes = plt.subplots({n + 1}, 1, figsize=(7, {2.6 * n + 2:.1f}))")
    return Chart("stacked panels", _program(*lines), axes=tuple(f"axes[{k}]" for k in range(n)), spare=spare)


def twin_axes(rng: random.Random) -> Chart:
    title, _, ylabel, _, _ = _topic(rng)
    figure, _ = _figure(rng)
    lines = [
        "months = np.arange(1, 13)",
        f"rain = {[rng.randint(40, 90) for _ in range(12)]}",
        "warmth = 12 - 9 * np.cos(months / 2)",
    ]
    lines += [
        figure,
        f'ax.bar(months, rain, color="lightblue", label="{ylabel}")',
        "ax.set_xticks(months)",
        "other = ax.twinx()",
    ]
    lines += ['other.plot(months, warmth, color="firebrick")', 'other.set_ylabel("Temperature (C)", color="firebrick")']
    source = _program(*lines, *_labels(title, "Month", ylabel))
    return Chart("twin axes", source, limit="ax.set_ylim(0, 55)", legend="lower center")


def box_plot(rng: random.Random) -> Chart:
    title, xlabel, ylabel, names, _ = _topic(rng)
    figure, spare = _figure(rng)
    lines = [f"rng = np.random.default_rng({rng.randint(0, 999)})", f"names = {names}", figure]
    lines += ["ax.boxplot([rng.normal(50 + 3 * k, 8, 80) for k in range(len(names))], tick_labels=names)"]
    return Chart("box plot", _program(*lines, *_labels(title, xlabel, ylabel)), words=True, spare=spare)


def log_line(rng: random.Random) -> Chart:
    figure, spare = _figure(rng)
    lines = [
        "x = np.logspace(0, 4, 60)",
        figure,
        f'ax.loglog(x, x ** -{rng.choice(("0.5", "1.0", "1.5"))}, label="decay")',
        'ax.grid(True, which="both", alpha=0.2)',
    ]
    source = _program(*lines, *_labels("Spectrum", "Frequency (Hz)", "Power"))
    return Chart("log line", source, legend="center", on_data="x[30], ax.lines[0].get_ydata()[30]", spare=spare)


GENERATORS: tuple[Callable[[random.Random], Chart], ...] = (
    bar,
    barh,
    grouped_bar,
    stacked_bar,
    lines_with_legend,
    pyplot_line,
    marker_line,
    scatter,
    scatter_groups,
    pie,
    histogram,
    heatmap,
    four_panels,
    panels_in_row,
    stacked_panels,
    twin_axes,
    box_plot,
    log_line,
)
