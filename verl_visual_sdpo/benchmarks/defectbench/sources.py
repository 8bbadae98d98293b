"""Where clean programs come from: the built-in generators, or a folder of real ones."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from verl_visual_sdpo.benchmarks.defectbench.programs import GENERATORS
from verl_visual_sdpo.errors import InvalidInputError

NOT_STATIC = frozenset({"animation", "event_handling", "user_interfaces", "widgets"})
"""Folders of matplotlib's gallery whose examples wait for somebody in front of a screen."""


@dataclass(frozen=True, slots=True)
class CleanProgram:
    """``name`` says which program, ``chart`` which kind of chart (for a file: its folder)."""

    name: str
    chart: str
    source: str


Draw = Callable[[str, int], CleanProgram | None]
"""The n-th program for a purpose (a kind of defect); None when there are no more. The same call, the same program."""


def generated(seed: int) -> Draw:
    """Programs of all generators in turn, another order and other numbers for each purpose and seed."""

    def draw(purpose: str, number: int) -> CleanProgram:
        order = list(range(len(GENERATORS)))
        random.Random(f"{seed}/{purpose}/{number // len(order)}").shuffle(order)
        chart = GENERATORS[order[number % len(order)]](random.Random(f"{seed}/{purpose}/{number}"))
        return CleanProgram(f"{chart.kind.replace(' ', '-')}-{purpose}-{number}", chart.kind, chart.source)

    return draw


def from_folder(folder: Path, seed: int) -> Draw:
    """Every static ``.py`` below a folder (matplotlib's source tree: its gallery), in a random order for each purpose.
    What is no UTF-8 in a file is replaced, and left to whoever runs it.

    Raises InvalidInputError for a folder without programs.
    """
    examples = next(iter(sorted(folder.rglob("galleries/examples"))), folder)
    paths = [p for p in sorted(examples.rglob("*.py")) if p.relative_to(examples).parts[0] not in NOT_STATIC]
    if not paths:
        raise InvalidInputError(f"--source {folder} holds no .py file; give a folder of programs")

    def draw(purpose: str, number: int) -> CleanProgram | None:
        if number >= len(paths):
            return None
        order = list(paths)
        random.Random(f"{seed}/{purpose}").shuffle(order)
        path = order[number]
        return CleanProgram(str(path.relative_to(examples)), path.parent.name, path.read_text("utf-8-sig", "replace"))

    return draw
