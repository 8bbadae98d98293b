"""Making what is judged: clean pages, twins in which the gauge newly sees a planted defect, controls in which it does
not."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from playwright.sync_api import Error as BrowserError
from tqdm import tqdm

from verl_visual_sdpo.benchmarks.defectbench.judgement import CLEAN, CONTROL
from verl_visual_sdpo.benchmarks.defectbench.settings import Settings
from verl_visual_sdpo.benchmarks.defectbench.web.controls import propose as harmless_changes
from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Facts, Gauge
from verl_visual_sdpo.benchmarks.defectbench.web.kinds import KINDS, Kind, Plant
from verl_visual_sdpo.benchmarks.defectbench.web.measures import ground_behind
from verl_visual_sdpo.benchmarks.defectbench.web.pages import KINDS as PAGES
from verl_visual_sdpo.benchmarks.defectbench.web.pages import write_page
from verl_visual_sdpo.benchmarks.defectbench.web.real import LONGEST, Folder, unfit
from verl_visual_sdpo.benchmarks.defectbench.web.source import Edit, Source
from verl_visual_sdpo.inspection.pipeline import bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Box, Span

TRIES = 4  # proposals tried on one page before the next one has its turn
PROPOSALS = 60  # looked through on one page
PAGES_A_TWIN = 6  # pages asked for one twin on average, before a kind counts as exhausted

Places = dict[str, tuple[Box, ...]]
"""Where the gauge sees something, by kind of defect."""


@dataclass(frozen=True)
class Clean:
    """A page before anything is planted, and what the gauge measured of it."""

    name: str
    source: str
    facts: Facts

    @cached_property
    def seen(self) -> dict[str, set[tuple]]:
        """What is there already, by kind."""
        return {kind.id: {_sorted(key) for key, _ in kind.places(self.facts)} for kind in KINDS.values()}


@dataclass(frozen=True, slots=True)
class Case:
    """A page to judge. ``kind`` is the planted one, CLEAN or CONTROL; ``places`` where the gauge newly sees what,
    ``signs`` where anything in this page speaks for what."""

    id: str
    kind: str
    clean: Clean
    text: str
    signs: Places
    change: str = "as it is"
    mechanism: str = "none"
    planted: tuple[Span, ...] = ()
    places: Places = field(default_factory=dict)


class Workshop:
    """Clean pages, twins and controls. ``dropped`` counts, by kind, why proposals were not taken; ``left_out``, by
    reason, the real pages that were not, of ``asked``."""

    def __init__(self, gauge: Gauge, renderer: Renderer, settings: Settings) -> None:
        self.gauge, self.renderer, self.settings = gauge, renderer, settings
        self.dropped: dict[str, Counter[str]] = {}
        self.left_out: Counter[str] = Counter()
        self.asked = 0
        self._folder = Folder(settings.source) if settings.source else None
        self._known: dict[str, Clean | None] = {}

    def clean(self, purpose: str, number: int) -> Clean | None:
        """The ``number``-th page for a purpose; None where it is not fit, not clean, or there are no more."""
        seed = self.settings.seed
        if self._folder is None:
            kind = (number + sum(map(ord, purpose))) % len(PAGES)
            page = write_page(random.Random(f"{seed}/{purpose}/{number}"), kind)
            clean = Clean(f"{page.kind}-{purpose}-{number}", page.source, self.gauge.measure(page.source))
            return None if any(clean.seen.values()) else clean
        name = self._folder.name(seed, purpose, number)
        if name is None:
            return None
        if name not in self._known:
            self._known[name] = self._real(name, self._folder.source(name))
        return self._known[name]

    def _real(self, name: str, source: str) -> Clean | None:
        self.asked += 1
        facts, why = None, f"longer than {LONGEST} characters" if len(source) > LONGEST else None
        if why is None and (facts := self._measured(source)) is None:
            why = "the bench's browser does not show it"
        why = why or unfit(facts, self.renderer.render(bare_program(source, "web")))
        if why is None:
            return Clean(name, source, facts)
        self.left_out[why] += 1
        return None

    def _measured(self, source: str, picture: bool = False) -> Facts | None:
        try:
            return self.gauge.measure(source, picture)
        except BrowserError:  # it never came to an end, or replaced itself
            return None

    def twins(self) -> list[Case]:
        made: list[Case] = []
        with tqdm(total=self.settings.twins * len(self.settings.kinds), desc="planting", unit="twin") as bar:
            for name in self.settings.kinds:
                made += self._twins_of(KINDS[name])
                bar.update(self.settings.twins)
        return made

    def _twins_of(self, kind: Kind) -> list[Case]:
        found: list[Case] = []
        for number in range(PAGES_A_TWIN * self.settings.twins):
            if len(found) == self.settings.twins:
                break
            clean = self.clean(kind.id, number)
            if clean is not None and (case := self._twin(kind, clean, number)):
                found.append(case)
        return found

    def _twin(self, kind: Kind, clean: Clean, number: int) -> Case | None:
        rng = random.Random(f"{self.settings.seed}/{kind.id}/{number}")
        plants = list(islice(kind.propose(Source(clean.source), clean.facts, rng), PROPOSALS))
        changes = sorted({plant.change for plant in plants})
        rng.shuffle(changes)
        for change in changes[:TRIES]:
            plant = rng.choice([p for p in plants if p.change == change])
            facts = self._measured(plant.edit.text)
            places = newly_seen(clean, facts, plant.edit) if facts else {}
            if kind.id in places and (facts := self._measured(plant.edit.text, picture=True)):  # looked at again
                places = newly_seen(clean, facts, plant.edit)
            if kind.id in places and facts:
                return self._case(f"{kind.id}-{number:03d}", kind.id, clean, plant, facts, places)
            self.dropped.setdefault(kind.id, Counter())[change] += 1
        return None

    def harmless(self) -> list[Case]:
        """Clean pages, and each again with a change that shows no defect."""
        made, wanted = [], self.settings.harmless
        pages = (clean for number in range(PAGES_A_TWIN * wanted) if (clean := self.clean(CLEAN, number)))
        for number, clean in enumerate(tqdm(islice(pages, wanted), total=wanted, desc="controls", unit="page")):
            made.append(
                Case(f"{CLEAN}-{number:03d}", CLEAN, clean, clean.source, self._signs(clean.source, clean.facts))
            )
            rng = random.Random(f"{self.settings.seed}/{CONTROL}/{number}")
            plants = list(islice(harmless_changes(Source(clean.source), clean.facts, rng), PROPOSALS))
            rng.shuffle(plants)
            for plant in plants[:TRIES]:
                facts = self._measured(plant.edit.text)
                if facts and not newly_seen(clean, facts, plant.edit):
                    made.append(self._case(f"{CONTROL}-{number:03d}", CONTROL, clean, plant, facts, {}))
                    break
        return made

    def _case(self, name: str, kind: str, clean: Clean, plant: Plant, facts: Facts, places: Places) -> Case:
        edit, speaks = plant.edit, self._signs(plant.edit.text, facts)
        return Case(name, kind, clean, edit.text, speaks, plant.change, plant.mechanism, edit.planted, places)

    def _signs(self, text: str, facts: Facts) -> Places:
        """Whatever speaks for a defect, by kind; where pictures lie behind texts, by a picture of the page, too."""
        if facts.pixels is None and any(ground_behind(facts, thing) is None for thing in facts.texts):
            facts = self._measured(text, picture=True) or facts
        return {kind.id: _all(kind.signs(facts)) for kind in KINDS.values()}


def newly_seen(before: Clean, after: Facts, edit: Edit) -> Places:
    """What the gauge sees in the changed page and not in the clean one, by kind of defect."""

    def old(key: tuple) -> tuple:
        return _sorted(edit.old_number(part) if isinstance(part, int) else part for part in key)

    found = {}
    for kind in KINDS.values():
        if boxes := _all((key, boxes) for key, boxes in kind.places(after) if old(key) not in before.seen[kind.id]):
            found[kind.id] = boxes
    return found


def _sorted(key: Iterable) -> tuple:
    """The same for the same things in any order: numbers of tags change where one is put in."""
    return tuple(sorted(key, key=str))


def _all(places: Iterable[tuple[tuple, tuple[Box, ...]]]) -> tuple[Box, ...]:
    return tuple(box for _, boxes in places for box in boxes)
