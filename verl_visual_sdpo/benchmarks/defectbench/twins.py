"""Making faulty twins: plant, measure, and drop what does not show."""

from __future__ import annotations

import io
import random
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from verl_visual_sdpo.benchmarks.defectbench.editing import Source
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts, Gauge
from verl_visual_sdpo.benchmarks.defectbench.kinds import Kind, Offence, Plant
from verl_visual_sdpo.benchmarks.defectbench.order import in_turn
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
from verl_visual_sdpo.benchmarks.defectbench.sources import CleanProgram, Draw
from verl_visual_sdpo.types import Span

TRIES = 4
"""Proposals tried on one program before the next one has its turn."""
PROGRAMS_A_TWIN = 10
"""Programs asked for one twin on average, before a kind counts as exhausted."""
CHANGED_PX, CHANGED_BY = 25, 12
"""A picture has changed when so many px differ by so much (of 255) in a channel."""


@dataclass(frozen=True, slots=True)
class Clean:
    """A clean program as the gauge sees it, with what may be wrong with it already."""

    program: CleanProgram
    facts: Facts
    source: Source | None = None

    @property
    def usable(self) -> bool:
        return self.facts.ok and self.source is not None


@dataclass(frozen=True, slots=True)
class Twin:
    """A program with one planted defect. ``planted`` are the spans to blame, ``names`` the texts that take part,
    ``offences`` what the gauge newly sees of the kind."""

    id: str
    kind: str
    clean: Clean
    plant: Plant
    facts: Facts
    offences: tuple[Offence, ...]

    @property
    def text(self) -> str:
        return self.plant.edit.text

    @property
    def planted(self) -> tuple[Span, ...]:
        return self.plant.edit.planted


@dataclass
class Dropped:
    """Why proposals were not taken, by kind."""

    reasons: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, kind: str, reason: str) -> None:
        self.reasons.setdefault(kind, Counter())[reason] += 1


class Workshop:
    """Makes twins with one gauge; clean programs are measured once."""

    def __init__(self, gauge: Gauge, draw: Draw, seed: int, *, spotless: bool) -> None:
        """``spotless``: clean programs in which the gauge sees a defect are passed over (for generated ones)."""
        self.gauge, self.draw, self.seed, self.spotless = gauge, draw, seed, spotless
        self.dropped = Dropped()
        self._clean: dict[tuple[str, bool], Future[Clean]] = {}
        self._lock = threading.Lock()

    def twins(self, kind: Kind, wanted: int, pool: Executor, tick: Callable[[], object]) -> list[Twin]:
        """The first ``wanted`` twins of a kind; fewer when the programs have no room for more."""
        found: list[Twin] = []
        for start in range(0, wanted * PROGRAMS_A_TWIN, max(wanted, 1)):
            numbers = range(start, start + wanted)
            attempts = list(pool.map(lambda number: self._attempt(kind, number), numbers))
            for reasons, twin in attempts:
                for reason in reasons if len(found) < wanted else ():
                    self.dropped.add(kind.id, reason)
                if twin is not None and len(found) < wanted:
                    found.append(twin)
                    tick()
            if len(found) >= wanted:
                break
        return found

    def clean(self, program: CleanProgram, hidden: bool = False) -> Clean:
        """A program measured; a second caller waits for the first."""
        key = (program.name, hidden)
        with self._lock:
            future, mine = self._clean.get(key), False
            if future is None:
                future, mine = self._clean.setdefault(key, Future()), True
        if mine:
            try:
                future.set_result(self._measure(program, hidden))
            except BaseException as error:
                future.set_exception(error)
        return future.result()

    def _measure(self, program: CleanProgram, hidden: bool) -> Clean:
        try:
            source = Source(program.source)
        except (SyntaxError, ValueError) as error:
            return Clean(program, Facts((), f"does not parse: {error}"))
        facts = self.gauge.measure(program.source, hidden=hidden)
        source.panels = facts.panels
        return Clean(program, facts, source)

    def _attempt(self, kind: Kind, number: int) -> tuple[list[str], Twin | None]:
        program = self.draw(kind.id, number)
        if program is None:
            return ["no more programs"], None
        clean = self.clean(program, kind.hidden)
        if not clean.usable:
            return ["clean program fails"], None
        if self.spotless and any(offences_by_kind(clean.facts).values()):
            return ["clean program has a defect already"], None
        if not kind.room(clean.facts):
            return ["no room for it"], None
        rng, reasons = random.Random(f"{self.seed}/{kind.id}/{number}/plant"), []
        plants = [p for p in kind.propose(clean.source, rng) if p.edit.text != program.source]
        for plant in shuffled(plants, rng)[:TRIES]:
            made = self._twin(kind, clean, plant, number)
            if isinstance(made, Twin):
                return reasons, made
            reasons.append(made)
        return reasons or ["no proposal"], None

    def _twin(self, kind: Kind, clean: Clean, plant: Plant, number: int) -> Twin | str:
        """The twin, or why there is none."""
        try:
            Source(plant.edit.text)
        except SyntaxError:
            return f"does not parse ({plant.change}, {plant.mechanism})"
        facts = self.gauge.measure(plant.edit.text, hidden=kind.hidden)
        if not facts.ok:
            return f"fails ({plant.change}, {plant.mechanism})"
        if not changed(clean.facts, facts):
            return "picture did not change"
        new = newly(kind, clean.facts, facts)
        if not new:
            return f"defect does not show ({plant.change}, {plant.mechanism})"
        return Twin(f"{kind.id}-{number:03d}", kind.id, clean, plant, facts, new)


def offences_by_kind(facts: Facts) -> dict[str, tuple[Offence, ...]]:
    return {kind.id: tuple(kind.offences(facts)) for kind in KINDS.values()}


def signs_by_kind(facts: Facts) -> dict[str, tuple[Offence, ...]]:
    """Where the ink speaks for a defect, however little, by kind."""
    return {kind.id: tuple((kind.signs or kind.offences)(facts)) for kind in KINDS.values()}


def newly(kind: Kind, before: Facts, after: Facts) -> tuple[Offence, ...]:
    """Offences of a kind that the first facts do not have."""
    known = {offence.key for offence in kind.offences(before)}
    return tuple(offence for offence in kind.offences(after) if offence.key not in known)


def shuffled(plants: Sequence[Plant], rng: random.Random) -> list[Plant]:
    """In an order that gives each mechanism, and in it each change, the same chance to come first."""
    groups: dict[str, dict[str, list[Plant]]] = {}
    for plant in plants:
        groups.setdefault(plant.mechanism, {}).setdefault(plant.change, []).append(plant)

    def one_mechanism(changes: dict[str, list[Plant]]) -> list[Plant]:
        return list(in_turn([rng.sample(members, len(members)) for members in changes.values()], rng))

    return list(in_turn([one_mechanism(changes) for changes in groups.values()], rng))


def changed(before: Facts, after: Facts) -> bool:
    """Whether any picture differs for the eye."""
    if len(before.figures) != len(after.figures):
        return True
    return any(differ(a.image, b.image) for a, b in zip(before.figures, after.figures))


def differ(first: bytes, second: bytes) -> bool:
    a, b = (np.asarray(Image.open(io.BytesIO(png)).convert("RGB"), dtype=np.int16) for png in (first, second))
    if a.shape != b.shape:
        return True
    return int((np.abs(a - b).max(axis=-1) >= CHANGED_BY).sum()) >= CHANGED_PX
