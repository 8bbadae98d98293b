"""Distributions: histograms, boxes, violins, stems, hexagons."""

from __future__ import annotations

import random

from verl_visual_sdpo.benchmarks.defectbench.programs.hands import Draft
from verl_visual_sdpo.benchmarks.defectbench.programs.words import COLORS, data, figure, labels, topic


def histogram(rng: random.Random) -> Draft:
    lines = [data(rng), "heights = rng.normal(170, 9, 800)", figure(rng)]
    lines += [f'ax.hist(heights, bins={rng.randint(15, 30)}, color="{rng.choice(COLORS)}", edgecolor="white")']
    return Draft("histogram", (*lines, *labels("Height of visitors", "Height (cm)", "Count")), single=True)


def two_histograms(rng: random.Random) -> Draft:
    lines = [data(rng), "groups = {'before': rng.normal(50, 8, 500), 'after': rng.normal(62, 8, 500)}", figure(rng)]
    lines += ["for name, values in groups.items():", "    ax.hist(values, bins=25, alpha=0.6, label=name)"]
    lines += ['ax.legend(loc="upper right")', "ax.set_xlim(20, 110)"]
    return Draft("two histograms", (*lines, *labels("Scores before and after", "Score", "Count")), single=True)


def boxes(rng: random.Random) -> Draft:
    t = topic(rng)
    lines = [data(rng), f"names = {t.names}", figure(rng)]
    lines += ["ax.boxplot([rng.normal(50 + 3 * k, 8, 80) for k in range(len(names))], tick_labels=names)"]
    return Draft("box plot", (*lines, *labels(t.title, t.xlabel, t.ylabel)), single=True)


def violins(rng: random.Random) -> Draft:
    t = topic(rng)
    lines = [data(rng), f"names = {t.names}", "samples = [rng.gamma(4 + k, 2, 200) for k in range(len(names))]"]
    lines += [figure(rng), "ax.violinplot(samples, showmedians=True)"]
    lines += ["ax.set_xticks(range(1, len(names) + 1), names)"]
    return Draft("violin", (*lines, *labels(t.title, t.xlabel, t.ylabel)), single=True)


def stems(rng: random.Random) -> Draft:
    lines = ["n = np.arange(20)", f"signal = np.exp(-n / {rng.randint(6, 12)}) * np.cos(n)", figure(rng)]
    lines += ["ax.stem(n, signal)"]
    return Draft("stem", (*lines, *labels("Response of the filter", "Sample", "Amplitude")), single=True)


def hexagons(rng: random.Random) -> Draft:
    lines = [data(rng), "x = rng.normal(0, 1, 3000)", "y = x + rng.normal(0, 1, 3000)", figure(rng)]
    lines += ['picture = ax.hexbin(x, y, gridsize=25, cmap="Blues")', 'fig.colorbar(picture, ax=ax, label="count")']
    return Draft("hexbin", (*lines, *labels("Two scores", "First score", "Second score")))
