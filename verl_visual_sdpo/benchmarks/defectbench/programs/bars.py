"""Bars: plain, lying, grouped, stacked, with errors, with labels, from a data frame."""

from __future__ import annotations

import random

from verl_visual_sdpo.benchmarks.defectbench.programs.hands import Draft
from verl_visual_sdpo.benchmarks.defectbench.programs.words import COLORS, SIZES, figure, labels, topic


def bar(rng: random.Random) -> Draft:
    t = topic(rng)
    lines = [f"names = {t.names}", f"values = {t.values}", figure(rng)]
    lines += [f'bars = ax.bar(names, values, color="{rng.choice(COLORS)}")']
    lines += rng.choice((["ax.bar_label(bars)", "ax.margins(y=0.1)"], ['ax.grid(axis="y", alpha=0.3)'], []))
    return Draft("bar", (*lines, *labels(t.title, t.xlabel, t.ylabel)), single=True)


def barh(rng: random.Random) -> Draft:
    t = topic(rng)
    lines = [f"shares = dict(zip({t.names}, {t.values}))", figure(rng)]
    lines += [f'ax.barh(list(shares), list(shares.values()), color="{rng.choice(COLORS)}")']
    return Draft("barh", (*lines, *labels(t.title, t.ylabel, t.xlabel)), single=True)


def grouped(rng: random.Random) -> Draft:
    t = topic(rng)
    later = [v + rng.randint(-8, 8) for v in t.values]
    lines = [f"names = {t.names}", "x = np.arange(len(names))", figure(rng)]
    lines += [f'ax.bar(x - 0.2, {t.values}, 0.4, label="2023")', f'ax.bar(x + 0.2, {later}, 0.4, label="2024")']
    lines += ["ax.set_xticks(x, names)", "ax.set_ylim(0, 130)", 'ax.legend(loc="upper left", ncols=2)']
    return Draft("grouped bar", (*lines, *labels(t.title, t.xlabel, t.ylabel)), single=True)


def stacked(rng: random.Random) -> Draft:
    t = topic(rng)
    parts = f"parts = {{'home': {t.values}, 'abroad': {t.values[::-1]}, 'online': {[30] * len(t.values)}}}"
    lines = [f"names = {t.names}", parts, figure(rng), "base = np.zeros(len(names))"]
    lines += ["for label, part in parts.items():"]
    lines += ["    ax.bar(names, part, bottom=base, label=label)", "    base = base + part"]
    lines += ['ax.legend(loc="upper center", ncols=3)', "ax.set_ylim(0, 290)"]
    return Draft("stacked bar", (*lines, *labels(t.title, t.xlabel, t.ylabel)), single=True)


def with_errors(rng: random.Random) -> Draft:
    t = topic(rng)
    errors = [rng.randint(2, 6) for _ in t.names]
    lines = [f"names, values, errors = {t.names}, {t.values}, {errors}", figure(rng)]
    lines += [f'ax.bar(names, values, yerr=errors, capsize=4, color="{rng.choice(COLORS)}", alpha=0.8)']
    return Draft("bar with errors", (*lines, *labels(t.title, t.xlabel, t.ylabel)), single=True)


def with_style(rng: random.Random) -> Draft:
    """Options collected in a dict, labels in a loop."""
    t = topic(rng)
    lines = [f'style = dict(color="{rng.choice(COLORS)}", edgecolor="black", linewidth=0.8)', figure(rng)]
    lines += [f"data = list(zip({t.names}, {t.values}))", "for position, (name, value) in enumerate(data):"]
    lines += ["    ax.bar(position, value, width=0.6, **style)"]
    lines += ['    ax.text(position, value + 1, f"{value}", ha="center", va="bottom", fontsize=9)']
    lines += ["ax.set_xticks(range(len(data)), [name for name, _ in data])", "ax.set_ylim(0, 110)"]
    return Draft("bar with values", (*lines, *labels(t.title, t.xlabel, t.ylabel)), single=True)


def from_frame(rng: random.Random) -> Draft:
    t = topic(rng)
    later = [v + rng.randint(-8, 8) for v in t.values]
    lines = [f'frame = pd.DataFrame({{"2023": {t.values}, "2024": {later}}}, index={t.names})']
    lines += [f'ax = frame.plot(kind="bar", figsize=({rng.choice(SIZES)}), rot=0, ylim=(0, 125))']
    lines += ['ax.legend(loc="upper right", ncols=2)', *labels(t.title, t.xlabel, t.ylabel), "fig = ax.figure"]
    return Draft("pandas bar", tuple(lines), ("import pandas as pd",))
