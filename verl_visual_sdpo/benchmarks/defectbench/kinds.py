"""What a kind of planted defect is: how it is planted, by which ink it is known, and who may find it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from verl_visual_sdpo.benchmarks.defectbench.editing import Edit, Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts
from verl_visual_sdpo.types import Box


@dataclass(frozen=True, slots=True)
class Plant:
    """A proposed twin. ``change`` is what a person did (enlarged, moved, shrunken figure); ``mechanism`` where it was
    written (argument, later, tick_params, rcparams, loop ...).

    ``shared`` marks changes that leave the fault with several statements (a figure too small for its labels): those
    that created or named what collides are accepted beside the planted one.
    """

    change: str
    mechanism: str
    edit: Edit
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Offence:
    """A defect of a kind that the gauge sees: what it is (``key``, compared between the clean program and its twin),
    and where (px of the figure). ``names`` are the texts that take part."""

    key: tuple
    page: int
    boxes: tuple[Box, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """``detectors`` are the ids that count as finding it, the first its own. ``hidden``: the gauge must also measure
    what can be seen of each artist. ``room``: whether a clean program has what the defect needs.

    There are two bars. A twin is kept only for ``offences`` that nobody would argue about. A finding beside the planted
    one is called wrong only where the ink shows no ``signs`` of its kind either (None: the same as ``offences``).
    """

    id: str
    detectors: tuple[str, ...]
    meaning: str
    propose: Callable[[Source, random.Random], Iterable[Plant]]
    offences: Callable[[Facts], Iterable[Offence]]
    hidden: bool = False
    room: Callable[[Facts], bool] = lambda facts: True
    signs: Callable[[Facts], Iterable[Offence]] | None = None
