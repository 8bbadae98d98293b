"""The hand a program is written in: pyplot's state machine, a function, how it is laid out and saved."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chart:
    """A clean program and the kind of chart that it draws."""

    kind: str
    source: str


@dataclass(frozen=True, slots=True)
class Draft:
    """The lines of a program between imports and saving. ``single``: one axes called ``ax``, so that it can also be
    written in pyplot's words. ``layout`` is the statement in front of saving ("" where the figure sees to it)."""

    kind: str
    lines: tuple[str, ...]
    imports: tuple[str, ...] = ()
    single: bool = False
    layout: str = "fig.tight_layout()"


SETTERS = {"set_title": "title", "set_xlabel": "xlabel", "set_ylabel": "ylabel", "set_xlim": "xlim", "set_ylim": "ylim"}
SETTERS |= {"set_xticks": "xticks", "set_yticks": "yticks", "set_xscale": "xscale", "set_yscale": "yscale"}
SHARED = "plot bar barh scatter hist text legend annotate fill_between errorbar step axhline axvline boxplot violinplot"
SHARED += " pie stackplot stem loglog semilogy grid margins bar_label hexbin contour contourf eventplot"
PYPLOT = SETTERS | {name: name for name in SHARED.split()}
SAVES = ('fig.savefig("chart.png")',) * 4 + ('fig.savefig("chart.png", dpi=150)', "plt.show()")


def written(draft: Draft, rng: random.Random) -> Chart:
    """The draft as a whole program, in a hand chosen by ``rng``."""
    lines, layout, save = list(draft.lines), draft.layout, rng.choice(SAVES)
    if draft.single and rng.random() < 0.3:
        spoken = as_pyplot(lines)
        if spoken is not None:
            lines, layout, save = spoken, layout.replace("fig.", "plt."), save.replace("fig.", "plt.")
    lines += [layout] if layout else []
    lines.append(save)
    if rng.random() < 0.2 and not any(line.startswith(("def ", "class ")) for line in lines):
        lines = ["", "def main():", *(f"    {line}" if line else "" for line in lines), "", "", "main()"]
    head = ["import matplotlib.pyplot as plt", "import numpy as np", *draft.imports, ""]
    return Chart(draft.kind, "\n".join([*head, *lines, ""]))


def as_pyplot(lines: list[str]) -> list[str] | None:
    """The same lines in pyplot's words; None where a method has no function of its own."""
    spoken = []
    for line in lines:
        line = re.sub(r"^fig, ax = plt\.subplots\(", "plt.figure(", line)
        for method in re.findall(r"\bax\.(\w+)\(", line):
            if method not in PYPLOT:
                return None
            line = re.sub(rf"\bax\.{method}\(", f"plt.{PYPLOT[method]}(", line)
        if re.search(r"\b(ax|fig)\b", line):
            return None
        spoken.append(line)
    return spoken
