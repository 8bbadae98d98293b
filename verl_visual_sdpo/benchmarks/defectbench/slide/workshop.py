"""Twins and controls from programs of other hands: a literal is changed or a line added, the deck saved and printed
again, and what does not newly show is dropped.

What an original has of its own is known, in the twin as well; originals are not judged by themselves.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

from tqdm import tqdm

from verl_visual_sdpo.benchmarks.defectbench.editing import Edit
from verl_visual_sdpo.benchmarks.defectbench.judgement import CONTROL
from verl_visual_sdpo.benchmarks.defectbench.order import in_turn
from verl_visual_sdpo.benchmarks.defectbench.settings import Settings
from verl_visual_sdpo.benchmarks.defectbench.slide import slots as s
from verl_visual_sdpo.benchmarks.defectbench.slide.case import Case, Places
from verl_visual_sdpo.benchmarks.defectbench.slide.planters import CONTROLS, PLANTERS, Planter, Value, covers, layouts
from verl_visual_sdpo.benchmarks.defectbench.slide.real import RealGauge, SavedDeck
from verl_visual_sdpo.benchmarks.defectbench.slide.seen import PLACES, lines_of, newly, rows
from verl_visual_sdpo.benchmarks.defectbench.sources import CleanProgram, from_folder

PROBES = 14
"""Literals that are tried in one program for a kind, before the next one has its turn."""
SPARE, ROUNDS = 1.5, 3
"""Proposals for each twin that is missing, and how often they are printed and more are made."""
Planted = tuple[str, str, Edit, tuple[int, ...]]
"""What a person did, how it was written, the program that came of it, and its lines that share the fault."""


@dataclass
class Clean:
    """A program, its deck and its slots; ``probed`` remembers what depends on a slot."""

    program: CleanProgram
    deck: SavedDeck
    slots: s.Slots
    probed: dict[s.Slot, tuple[s.Effect, ...]] = field(default_factory=dict)

    def has_room(self, planter: Planter) -> bool:
        """Whether there is anything to spoil, before the program is run over and over to find out by what."""
        if planter.alone:  # items of a row
            return any(True for page in self.deck.slides for _ in rows(page))
        return any(planter.room(shape) for page in self.deck.slides for shape in page)


@dataclass
class Proposal:
    """A twin that may show its defect, once its deck is printed."""

    number: int
    clean: Clean
    change: str
    mechanism: str
    edit: Edit
    shared: tuple[int, ...]
    deck: SavedDeck


class Workshop:
    """``works`` says whether the renderer that is benched shows a program at all."""

    def __init__(self, gauge: RealGauge, settings: Settings, works: Callable[[str], bool]) -> None:
        self.gauge, self.settings, self.works = gauge, settings, works
        self.dropped: dict[str, Counter[str]] = {}
        draw = from_folder(settings.source, settings.seed)
        programs = itertools.takewhile(lambda program: program is not None, map(partial(draw, ""), itertools.count()))
        drawn = [(program, gauge.deck(program.source)) for program in tqdm(programs, desc="drawing", unit="program")]
        gauge.print([deck for _, deck in drawn if deck is not None])
        self.clean = [Clean(p, deck, s.Slots(p.source)) for p, deck in drawn if deck is not None and deck.pdf]

    def cases(self) -> list[Case]:
        """Twins of each kind, then controls."""
        wanted = {**dict.fromkeys(self.settings.kinds, self.settings.twins), CONTROL: self.settings.harmless}
        made: dict[str, list[Case]] = {kind: [] for kind in wanted}
        asked = dict.fromkeys(wanted, 0)
        for _ in range(ROUNDS):
            proposed = {kind: self._proposals(kind, wanted[kind] - len(made[kind]), asked) for kind in wanted}
            self.gauge.print([proposal.deck for proposals in proposed.values() for proposal in proposals])
            for kind, proposals in proposed.items():
                cases = (self._case(kind, proposal) for proposal in proposals)
                made[kind] += itertools.islice(filter(None, cases), wanted[kind] - len(made[kind]))
        return [case for cases in made.values() for case in cases]

    def _proposals(self, kind: str, missing: int, asked: dict[str, int]) -> list[Proposal]:
        """Half as many again as are missing, of one program after the other; each has its turn twice at most."""
        order = random.Random(f"{self.settings.seed}/{kind}").sample(self.clean, len(self.clean))
        found: list[Proposal] = []
        with tqdm(total=math.ceil(SPARE * missing), desc=kind, unit="proposal", leave=False) as bar:
            while len(found) < math.ceil(SPARE * missing) and asked[kind] < 2 * len(order):
                number, clean = asked[kind], order[asked[kind] % len(order)]
                asked[kind] += 1
                rng = random.Random(f"{self.settings.seed}/{kind}/{number}")
                for change, mechanism, edit, shared in self._planted(kind, clean, rng):
                    deck = self.gauge.deck(edit.text)
                    if deck is not None:
                        found.append(Proposal(number, clean, change, mechanism, edit, shared, deck))
                        bar.update()
                        break
        return found

    # ------------------------------------------------------------------ one twin

    def _case(self, kind: str, proposal: Proposal) -> Case | None:
        program, edit = proposal.clean.program, proposal.edit
        places, touched = _differences(kind, proposal.clean.deck, proposal.deck)
        if bool(places) == (kind == CONTROL) or not touched:
            self.dropped.setdefault(kind, Counter())[proposal.change] += 1
            return None
        if not self.works(program.source):
            return None
        lines = tuple(edit.text.count("\n", 0, span.start) + 1 for span in edit.planted)
        touched = {} if kind == CONTROL else touched  # nothing new may be found in a control
        return Case(f"{kind}-{proposal.number:03d}", kind, program.name, proposal.mechanism, program.source, edit.text,
                    proposal.change, lines, proposal.shared, places, touched)  # fmt: skip

    def _planted(self, kind: str, clean: Clean, rng: random.Random) -> Iterator[Planted]:
        if kind == "covered-text":
            yield from ((*plant, ()) for plant in _shuffled(covers(clean.slots), rng))
        elif kind == "empty-placeholder":
            yield from ((*plant, ()) for plant in _shuffled(layouts(clean.slots, rng), rng))
        planters = CONTROLS if kind == CONTROL else PLANTERS.get(kind, ())
        planters = [planter for planter in planters if clean.has_room(planter)]
        slots = [(slot, planter) for planter in planters for slot in clean.slots.all if slot.role == planter.role]
        for slot, planter in itertools.islice(_by_mechanism(slots, rng), PROBES):
            yield from self._by_slot(clean, slot, planter, rng)

    def _by_slot(self, clean: Clean, slot: s.Slot, planter: Planter, rng: random.Random) -> Iterator[Planted]:
        """At most one proposal: the slot's literal as it spoils one of the shapes that depend on it."""
        found = self._effects(clean, slot)
        if planter.alone and len({(effect.page, effect.index) for effect in found}) > 1:
            return
        for effect in _shuffled((e for e in found if e.prop in planter.props), rng):
            facts = clean.deck.page(effect.page)
            aims = list(planter.aim(facts, facts.shapes[effect.index], effect.prop, rng))
            if aims:
                change, value = rng.choice(aims)
                literal = _literal(slot, effect, s.current(facts.shapes[effect.index], effect.prop), value)
                edit = clean.slots.edit(slot, literal)
                yield change, slot.mechanism, edit, clean.slots.users(slot, edit)
                return

    def _effects(self, clean: Clean, slot: s.Slot) -> tuple[s.Effect, ...]:
        if slot not in clean.probed:
            literal, by = clean.slots.probe(slot)
            deck = self.gauge.deck(clean.slots.edit(slot, literal).text)
            clean.probed[slot] = s.effects(clean.deck, deck, by) if deck is not None else ()
        return clean.probed[slot]


def _literal(slot: s.Slot, effect: s.Effect, now: float, value: Value) -> str:
    if slot.role == s.TEXT:
        return repr(value)
    if slot.role == s.COLOR:
        return s.colored(slot, value)
    return s.numbered(slot, slot.value + (value - now) / effect.slope)


def _shuffled(items: Iterable, rng: random.Random) -> list:
    found = list(items)
    rng.shuffle(found)
    return found


def _by_mechanism(slots: list[tuple[s.Slot, Planter]], rng: random.Random) -> Iterator[tuple[s.Slot, Planter]]:
    """Each mechanism in turn, at random in itself: a program that is full of one has others too. Literals that are
    sizes by their looks come before those that are not."""
    groups: dict[str, list] = {}
    for slot, planter in _shuffled(slots, rng):
        groups.setdefault(slot.mechanism, []).append((slot, planter))
    for group in groups.values():
        group.sort(key=lambda pair: not _likely(*pair))
    return in_turn(list(groups.values()), rng)


def _likely(slot: s.Slot, planter: Planter) -> bool:
    """Points are sizes of letters, other units are places."""
    if slot.role != s.NUMBER or not slot.unit:
        return True
    return (slot.unit == "Pt") == ("size" in planter.props)


# --------------------------------------------------------------------------- what came of it


def _differences(kind: str, before: SavedDeck, after: SavedDeck) -> tuple[Places, Places]:
    """By page, where the kind newly shows (of a control: where any does), and all that was changed."""
    places, touched = {}, {}
    if not after.pdf or len(before.slides) != len(after.slides):
        return {}, {}
    for page, (old, new) in enumerate(zip(before.slides, after.slides)):
        if [shape.mark for shape in old] == [shape.mark for shape in new]:
            continue
        a, b = before.page(page), after.page(page)
        kinds = PLACES if kind == CONTROL else (kind,)
        if boxes := tuple(box for one in kinds for box in newly(one, a, b)):
            places[page] = boxes
        known, there = {shape.mark for shape in old}, {shape.mark for shape in new}
        changed = [(a, shape) for shape in old if shape.mark not in there]
        changed += [(b, shape) for shape in new if shape.mark not in known]
        boxes = [(shape.box, *(box for _, box in lines_of(facts, shape))) for facts, shape in changed]
        touched[page] = tuple(box for group in boxes for box in group)
    return places, touched
