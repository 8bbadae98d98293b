"""In what order things are tried."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TypeVar

One = TypeVar("One")


def in_turn(rows: list[list[One]], rng: random.Random) -> Iterator[One]:
    """One of each row, then the next of each, the rows in random order."""
    rng.shuffle(rows)
    for number in range(max(map(len, rows), default=0)):
        yield from (row[number] for row in rows if number < len(row))
