"""What the charts are about, and the looks they choose from."""

from __future__ import annotations

import random
from dataclasses import dataclass

TOPICS = (
    ("Sales by region", "Region", "Sales (M EUR)", ("North", "South", "East", "West", "Centre")),
    ("Visitors a month", "Month", "Visitors", ("Jan", "Feb", "Mar", "Apr", "May", "Jun")),
    ("Energy by source", "Source", "Output (GWh)", ("Wind", "Solar", "Hydro", "Gas", "Coal")),
    ("Harvest by crop", "Crop", "Yield (t/ha)", ("Wheat", "Maize", "Rice", "Oats")),
    ("Tickets by team", "Team", "Tickets", ("Ops", "Web", "Data", "Core", "Test", "Docs")),
    ("Lending by branch", "Branch", "Books lent", ("Main", "Park", "Hill", "Mill")),
    ("Accuracy by model", "Model", "Accuracy (%)", ("Base", "Small", "Large", "Mixed", "Ours")),
)
COLORS = ("tab:blue", "tab:orange", "tab:green", "tab:purple", "teal", "slateblue", "indianred", "steelblue", "#4c72b0")
MAPS = ("viridis", "Blues", "magma", "YlGnBu", "coolwarm")
SIZES = ("6.4, 4.8", "7, 5", "8, 5", "6, 4.5", "9, 5.5")


@dataclass(frozen=True, slots=True)
class Topic:
    """Words of one chart, with a number for each name."""

    title: str
    xlabel: str
    ylabel: str
    names: list[str]
    values: list[int]


def topic(rng: random.Random) -> Topic:
    title, xlabel, ylabel, names = rng.choice(TOPICS)
    return Topic(title, xlabel, ylabel, list(names), [rng.randint(20, 95) for _ in names])


def figure(rng: random.Random) -> str:
    return f"fig, ax = plt.subplots(figsize=({rng.choice(SIZES)}))"


def labels(title: str, xlabel: str, ylabel: str) -> list[str]:
    return [f'ax.set_title("{title}")', f'ax.set_xlabel("{xlabel}")', f'ax.set_ylabel("{ylabel}")']


def data(rng: random.Random) -> str:
    return f"rng = np.random.default_rng({rng.randint(0, 999)})"
