"""Round charts: pie, donut, radar, polar."""

from __future__ import annotations

import random

from verl_visual_sdpo.benchmarks.defectbench.programs.hands import Draft
from verl_visual_sdpo.benchmarks.defectbench.programs.words import COLORS, SIZES, figure, topic


def pie(rng: random.Random) -> Draft:
    t = topic(rng)
    shares = [rng.randint(15, 35) for _ in t.names]
    lines = [f"names = {t.names}", figure(rng), f'ax.pie({shares}, labels=names, autopct="%1.0f%%")']
    return Draft("pie", (*lines, f'ax.set_title("{t.title}")'), single=True)


def donut(rng: random.Random) -> Draft:
    t = topic(rng)
    shares = [rng.randint(15, 35) for _ in t.names]
    lines = [figure(rng), f"wedges, _ = ax.pie({shares}, wedgeprops=dict(width=0.4), startangle=90)"]
    lines += [f'ax.legend(wedges, {t.names}, loc="center left", bbox_to_anchor=(1.0, 0.5))']
    lines += [f'ax.text(0, 0, "{sum(shares)}", ha="center", va="center", fontsize=18)', f'ax.set_title("{t.title}")']
    return Draft("donut", tuple(lines), single=True)


def radar(rng: random.Random) -> Draft:
    skills = ["Speed", "Range", "Comfort", "Price", "Safety"]
    lines = [f"skills = {skills}", "angles = np.linspace(0, 2 * np.pi, len(skills), endpoint=False)"]
    lines += [f"fig, ax = plt.subplots(figsize=({rng.choice(SIZES)}), subplot_kw=dict(projection='polar'))"]
    for name in ("Model A", "Model B"):
        values = [rng.randint(2, 5) for _ in skills]
        lines += [f'ax.plot(np.append(angles, 0), {[*values, values[0]]}, label="{name}")']
        lines += [f"ax.fill(np.append(angles, 0), {[*values, values[0]]}, alpha=0.2)"]
    lines += ["ax.set_xticks(angles, skills)", "ax.set_ylim(0, 6)"]
    lines += ['ax.legend(loc="upper left", bbox_to_anchor=(1.1, 1.05))', 'ax.set_title("Two models", pad=18)']
    return Draft("radar", tuple(lines))


def rose(rng: random.Random) -> Draft:
    lines = [
        "theta = np.linspace(0, 2 * np.pi, 12, endpoint=False)",
        f"speed = {[rng.randint(3, 12) for _ in range(12)]}",
    ]
    lines += ["fig, ax = plt.subplots(subplot_kw={'projection': 'polar'})"]
    lines += [f'ax.bar(theta, speed, width=0.4, color="{rng.choice(COLORS)}", alpha=0.8)', 'ax.set_title("Wind rose")']
    return Draft("polar bar", tuple(lines))
