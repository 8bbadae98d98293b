"""Several panels: grids, rows, columns, mosaics, insets, shared axes, several figures."""

from __future__ import annotations

import random

from verl_visual_sdpo.benchmarks.defectbench.programs.hands import Draft
from verl_visual_sdpo.benchmarks.defectbench.programs.words import COLORS, MAPS, data, figure, labels, topic


def four(rng: random.Random) -> Draft:
    size = rng.choice(("8, 6", "9, 7", "10, 7"))
    lines = [data(rng), f"fig, axes = plt.subplots(2, 2, figsize=({size}))", "for k, ax in enumerate(axes.flat):"]
    lines += [f'    ax.plot(np.cumsum(rng.normal(0, 1, 50)), color="{rng.choice(COLORS)}")']
    lines += ['    ax.set_title(f"Station {k + 1}")', '    ax.set_xlabel("Day")', '    ax.set_ylabel("Level")']
    return Draft("four panels", tuple(lines))


def row(rng: random.Random) -> Draft:
    t, n = topic(rng), rng.choice((2, 3))
    names, values = t.names[:4], t.values[:4]
    lines = [f"names = {names}", f"values = np.array({values})", "", "def panel(ax, factor, year):"]
    lines += ["    ax.bar(names, values * factor)", '    ax.set_title(f"Year {year}")']
    lines += [f'    ax.set_xlabel("{t.xlabel}")', f'    ax.set_ylabel("{t.ylabel}")', ""]
    lines += [f"fig, axes = plt.subplots(1, {n}, figsize=({4 * n}, 4))"]
    lines += [f"panel(axes[{k}], {1 + 0.3 * k:.1f}, {2022 + k})" for k in range(n)]
    return Draft("panels in a row", tuple(lines))


def column(rng: random.Random) -> Draft:
    n = rng.choice((2, 3))
    lines = ["t = np.linspace(0, 6, 200)", f"fig, axes = plt.subplots({n}, 1, figsize=(7, {2.6 * n:.1f}))"]
    for k in range(n):
        lines += [f"axes[{k}].plot(t, np.sin({k + 1} * t))", f'axes[{k}].set_title("Channel {k + 1}")']
        lines += [f'axes[{k}].set_ylabel("Voltage (V)")', f'axes[{k}].set_xlabel("Time (s)")']
    return Draft("stacked panels", tuple(lines))


def mosaic(rng: random.Random) -> Draft:
    lines = [data(rng), "sample = rng.normal(0, 1, (2, 300))"]
    lines += [
        'fig, axs = plt.subplot_mosaic([["wide", "wide"], ["left", "right"]], figsize=(8, 6), layout="constrained")'
    ]
    lines += ['axs["wide"].plot(np.cumsum(sample[0]))', 'axs["wide"].set_title("Walk")']
    lines += ['axs["left"].hist(sample[0], bins=20)', 'axs["left"].set_xlabel("Value")']
    lines += [
        'axs["right"].scatter(*sample, s=8)',
        'axs["right"].set_xlabel("First")',
        'axs["right"].set_ylabel("Second")',
    ]
    return Draft("mosaic", tuple(lines), layout="")


def shared(rng: random.Random) -> Draft:
    lines = [data(rng), "fig, (top, bottom) = plt.subplots(2, 1, sharex=True, figsize=(7, 6))", "t = np.arange(120)"]
    lines += [f'top.plot(t, np.cumsum(rng.normal(0, 1, 120)), color="{rng.choice(COLORS)}")', 'top.set_ylabel("Price")']
    lines += ["bottom.bar(t, rng.integers(10, 90, 120))", 'bottom.set_ylabel("Volume")', 'bottom.set_xlabel("Day")']
    lines += ['fig.suptitle("Market")']
    return Draft("shared axis", tuple(lines))


def pictures(rng: random.Random) -> Draft:
    lines = [data(rng), "fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout='constrained')"]
    lines += ['for ax, name in zip(axes, ["input", "target", "output"]):']
    lines += [f'    picture = ax.imshow(rng.uniform(0, 1, (24, 24)), cmap="{rng.choice(MAPS)}")']
    lines += ["    ax.set_title(name)", 'fig.colorbar(picture, ax=axes, label="value")']
    return Draft("pictures", tuple(lines), layout="")


def inset(rng: random.Random) -> Draft:
    lines = ["x = np.linspace(0, 10, 400)", f"y = np.exp(-x / 3) * np.sin({rng.randint(4, 7)} * x)", figure(rng)]
    lines += ["ax.plot(x, y)", "zoom = ax.inset_axes([0.55, 0.62, 0.4, 0.33])", "zoom.plot(x[:60], y[:60], lw=1)"]
    lines += ["ax.set_ylim(-0.9, 2)"]
    return Draft("inset", (*lines, *labels("Damped swing", "Time (s)", "Way (cm)")))


def report(rng: random.Random) -> Draft:
    """A class that draws."""
    t = topic(rng)
    lines = [
        "class Report:",
        "    def __init__(self, names, values):",
        "        self.names, self.values = names, values",
    ]
    lines += ["        self.fig, self.axes = plt.subplots(1, 2, figsize=(10, 4.5))", ""]
    lines += ["    def bars(self):", "        ax = self.axes[0]"]
    lines += [
        f'        ax.bar(self.names, self.values, color="{rng.choice(COLORS)}")',
        '        ax.set_title("Values")',
    ]
    lines += [f'        ax.set_ylabel("{t.ylabel}")', "", "    def shares(self):", "        ax = self.axes[1]"]
    lines += ["        ax.pie(self.values, labels=self.names)", '        ax.set_title("Shares")', "", ""]
    lines += [f"report = Report({t.names}, {t.values})", "report.bars()", "report.shares()", "fig = report.fig"]
    return Draft("class", tuple(lines))


def two_figures(rng: random.Random) -> Draft:
    lines = [data(rng), "values = rng.normal(0, 1, 400)", "first, ax1 = plt.subplots(figsize=(6, 4))"]
    lines += ["ax1.hist(values, bins=25)", 'ax1.set_title("Values")', 'ax1.set_xlabel("Value")', "first.tight_layout()"]
    lines += ['first.savefig("first.png")', "fig, ax = plt.subplots(figsize=(6, 4))"]
    lines += [
        "ax.plot(np.sort(values), np.linspace(0, 1, 400))",
        'ax.set_title("Distribution")',
        'ax.set_xlabel("Value")',
    ]
    return Draft("two figures", tuple(lines))
