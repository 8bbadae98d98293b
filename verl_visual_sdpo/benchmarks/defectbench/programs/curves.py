"""Lines and marks: plain, several, with bands, steps, errors, dates, logarithms, twins."""

from __future__ import annotations

import random

from verl_visual_sdpo.benchmarks.defectbench.programs.hands import Draft
from verl_visual_sdpo.benchmarks.defectbench.programs.words import COLORS, data, figure, labels, topic


def line(rng: random.Random) -> Draft:
    t = topic(rng)
    lines = ["x = np.linspace(0, 12, 80)", f"y = 20 + 6 * np.sin(x + {rng.random():.2f})", figure(rng)]
    lines += [f'ax.plot(x, y, color="{rng.choice(COLORS)}")', "ax.axhline(20, color='gray', ls='--', lw=0.8)"]
    return Draft("line", (*lines, *labels(t.title, "Week", t.ylabel)), single=True)


def several(rng: random.Random) -> Draft:
    t = topic(rng)
    lines = [data(rng), "x = np.linspace(0, 10, 60)", "y = 4 * x + rng.normal(0, 1, 60)", figure(rng)]
    lines += ["for k in range(3):", '    ax.plot(x, y - 7 * k, label=f"Plant {k + 1}")', 'ax.legend(loc="upper left")']
    lines += rng.choice((["ax.grid(True, alpha=0.4)"], []))
    return Draft("lines", (*lines, *labels(t.title, "Week", t.ylabel)), single=True)


def marked(rng: random.Random) -> Draft:
    t = topic(rng)
    values = [40 + 3 * i + rng.randint(-6, 6) for i in range(15)]
    lines = ["years = np.arange(2010, 2025)", f"values = {values}", figure(rng)]
    lines += ['ax.plot(years, values, marker="o")', "ax.fill_between(years, 0, values, alpha=0.15)"]
    lines += ["ax.set_ylim(0, 125)"]
    lines += ['ax.annotate("record", xy=(years[-1], values[-1]), xytext=(2013, 112), arrowprops=dict(arrowstyle="->"))']
    return Draft("annotated line", (*lines, *labels(t.title, "Year", t.ylabel)), single=True)


def band(rng: random.Random) -> Draft:
    lines = [data(rng), "t = np.arange(100)", "mean = 100 * (1 - np.exp(-t / 30))", "spread = 4 + t / 20", figure(rng)]
    lines += ['ax.fill_between(t, mean - spread, mean + spread, alpha=0.25, label="spread")']
    lines += [f'ax.plot(t, mean, color="{rng.choice(COLORS)}", label="mean")', 'ax.legend(loc="lower right")']
    return Draft("band", (*lines, *labels("Reward in training", "Step", "Reward")), single=True)


def area(rng: random.Random) -> Draft:
    t = topic(rng)
    lines = [data(rng), "days = np.arange(30)", "parts = rng.uniform(5, 10, (3, 30))", figure(rng)]
    lines += ['ax.stackplot(days, parts, labels=["small", "middle", "large"], alpha=0.8)']
    lines += ['ax.legend(loc="upper left", ncols=3)', "ax.set_ylim(0, 40)", "ax.set_xlim(0, 29)"]
    return Draft("area", (*lines, *labels(t.title, "Day", t.ylabel)), single=True)


def step(rng: random.Random) -> Draft:
    lines = [data(rng), "hours = np.arange(25)", "level = np.cumsum(rng.integers(-2, 4, 25))", figure(rng)]
    lines += [f'ax.step(hours, level, where="post", color="{rng.choice(COLORS)}", linewidth=2)']
    return Draft("step", (*lines, *labels("Level of the tank", "Hour", "Level (cm)")), single=True)


def errorbar(rng: random.Random) -> Draft:
    lines = [data(rng), "dose = 2 ** np.arange(6)", "effect = 10 * np.log2(dose) + rng.normal(0, 2, 6)"]
    lines += [figure(rng), f'ax.errorbar(dose, effect, yerr=3, fmt="o", capsize=3, color="{rng.choice(COLORS)}")']
    lines += ['ax.set_xscale("log")']
    return Draft("errorbar", (*lines, *labels("Dose and effect", "Dose (mg)", "Effect")), single=True)


def dates(rng: random.Random) -> Draft:
    lines = [data(rng), "start = datetime(2024, 1, 1)", "days = [start + timedelta(days=k) for k in range(150)]"]
    lines += ["price = 100 + np.cumsum(rng.normal(0, 1, 150))", figure(rng)]
    lines += [f'ax.plot(days, price, color="{rng.choice(COLORS)}")', *labels("Price of a share", "Date", "Price (EUR)")]
    lines += ["ax.xaxis.set_major_locator(mdates.MonthLocator())"]
    lines += ['ax.xaxis.set_major_formatter(mdates.DateFormatter("%b %Y"))', "fig.autofmt_xdate()"]
    return Draft(
        "dates", tuple(lines), ("from datetime import datetime, timedelta", "import matplotlib.dates as mdates")
    )


def logarithmic(rng: random.Random) -> Draft:
    power = rng.choice(("0.5", "1.0", "1.5"))
    lines = ["x = np.logspace(0, 4, 60)", figure(rng), f'ax.loglog(x, x ** -{power}, label="decay")']
    lines += ['ax.loglog(x, 0.1 * x ** -0.8, label="reference", linestyle="--")', 'ax.legend(loc="lower left")']
    lines += ['ax.grid(True, which="both", alpha=0.2)']
    return Draft("log axes", (*lines, *labels("Spectrum", "Frequency (Hz)", "Power")), single=True)


def twin(rng: random.Random) -> Draft:
    t = topic(rng)
    lines = ["months = np.arange(1, 13)", f"rain = {[rng.randint(40, 90) for _ in range(12)]}"]
    lines += ["warmth = 12 - 9 * np.cos(months / 2)", figure(rng), 'ax.bar(months, rain, color="lightblue")']
    lines += ["ax.set_xticks(months)", "other = ax.twinx()", 'other.plot(months, warmth, color="firebrick")']
    lines += ['other.set_ylabel("Temperature (C)", color="firebrick")']
    return Draft("twin axes", (*lines, *labels(t.title, "Month", t.ylabel)))


def points(rng: random.Random) -> Draft:
    lines = [data(rng), "x, y = rng.uniform(0, 10, (2, 200))", figure(rng)]
    lines += [f'points = ax.scatter(x, y, c=x + y, s={rng.choice((14, 22, 30))}, cmap="viridis")']
    lines += ['fig.colorbar(points, ax=ax, label="sum")', *labels("Two measures", "Length (cm)", "Width (cm)")]
    return Draft("scatter", tuple(lines))


def groups(rng: random.Random) -> Draft:
    lines = [data(rng), figure(rng), 'for k, group in enumerate(["setosa", "virginica", "other"]):']
    lines += ["    ax.scatter(rng.normal(3 * k, 0.7, 60), rng.normal(k, 0.5, 60), s=18, label=group)"]
    lines += ['ax.legend(loc="upper left")', "ax.set_ylim(-2, 5)"]
    return Draft("scatter groups", (*lines, *labels("Three groups", "Petal length", "Petal width")), single=True)


def fitted(rng: random.Random) -> Draft:
    lines = [data(rng), "x = rng.uniform(0, 10, 50)", "y = 3 * x + 5 + rng.normal(0, 3, 50)", figure(rng)]
    lines += ["slope, base = np.polyfit(x, y, 1)", "grid = np.linspace(0, 10, 2)"]
    lines += ['ax.plot(x, y, "o", alpha=0.7, label="measured")']
    lines += [
        'ax.plot(grid, slope * grid + base, color="black", label=f"fit, slope {slope:.1f}")',
        'ax.legend(loc="upper left")',
    ]
    return Draft("fitted line", (*lines, *labels("A straight line", "Time (s)", "Way (m)")), single=True)
