"""A program to judge, and what the bench knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from verl_visual_sdpo.types import Box

Places = Mapping[int, tuple[Box, ...]]
"""Boxes by page, px of the picture."""


@dataclass(frozen=True, slots=True)
class Case:
    """``kind`` is the planted one, CLEAN or CONTROL; ``program`` names the clean one, whose text is ``clean``.
    ``guilty`` and ``shared`` are lines of ``text``, ``places`` where the gauge sees the defect, ``touched`` what else
    was changed."""

    id: str
    kind: str
    program: str
    mechanism: str
    clean: str
    text: str
    change: str = "as it is"
    guilty: tuple[int, ...] = ()
    shared: tuple[int, ...] = ()
    places: Places = field(default_factory=dict)
    touched: Places = field(default_factory=dict)
