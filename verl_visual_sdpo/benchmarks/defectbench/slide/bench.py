"""The bench on slides: make twins and controls, let detectors and blame speak about them, write table and lists.

A twin is kept only where the gauge sees the planted defect. A finding of an accepted detector near that place is a hit;
one that the clean deck has too is known, another one about what was changed is collateral: both count neither way. All
others are wrong, and so is every finding in a clean deck or a control.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from verl_visual_sdpo.benchmarks.defectbench.judgement import (
    CLEAN,
    COLLATERAL,
    CONTROL,
    HIT,
    KNOWN,
    WRONG,
    Judgement,
    analyser,
    blamed_text,
    credit_for,
    findings_of,
    near,
    same_place,
)
from verl_visual_sdpo.benchmarks.defectbench.settings import Settings
from verl_visual_sdpo.benchmarks.defectbench.slide.case import Case
from verl_visual_sdpo.benchmarks.defectbench.slide.decks import HELPER, Deck, write_deck, write_program
from verl_visual_sdpo.benchmarks.defectbench.slide.gauge import Facts, measure_all
from verl_visual_sdpo.benchmarks.defectbench.slide.kinds import KINDS, Kind, Plant, harmless
from verl_visual_sdpo.benchmarks.defectbench.slide.real import RealGauge
from verl_visual_sdpo.benchmarks.defectbench.slide.workshop import Workshop
from verl_visual_sdpo.benchmarks.defectbench.summary import Summary, write
from verl_visual_sdpo.inspection.domains import domain_of
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Box, Defect, Program

SPARE = 1.5  # proposals for each twin that is asked for
DECKS_A_TWIN = 14  # decks that are drawn for one proposal, before a kind counts as exhausted
SUMMARY = Summary(KINDS, "decks", "style of program")


def run(settings: Settings) -> str:
    """Write everything below ``settings.out`` and return the report."""
    (settings.out / "programs").mkdir(parents=True, exist_ok=True)
    with domain_of("slide").renderer(workers=settings.workers, policy=settings.policy, timeout=60.0) as renderer:
        judge = Judge(renderer)
        cases, dropped = real_cases(settings, judge) if settings.source else make_cases(settings)
        with ThreadPoolExecutor(settings.workers) as pool:
            judged = list(tqdm(pool.map(judge.case, cases), total=len(cases), desc="judging", unit="deck"))
    where = settings.source or "generated programs"
    title = f"DefectBench slide, {where}, seed {settings.seed}, {settings.twins} twins a kind asked for"
    text = f"{title}\n\n{SUMMARY.text(judged, dropped)}"
    write(settings.out, text, judged, {f"programs/{case.id}.py": case.text for case in cases})
    return text


# --------------------------------------------------------------------------- making


def real_cases(settings: Settings, judge: Judge) -> tuple[list[Case], dict[str, Counter]]:
    """Twins of real programs, and controls; and by kind, why proposals were not taken."""
    with RealGauge(policy=settings.policy) as gauge:
        workshop = Workshop(gauge, settings, lambda source: judge.analyse(source).execution.ok)
        return workshop.cases(), workshop.dropped


def make_cases(settings: Settings) -> tuple[list[Case], dict[str, Counter]]:
    """Twins that show, controls and clean decks; and by kind, why proposals were not taken."""
    proposed = [
        (KINDS[kind], deck, plant) for kind in settings.kinds for deck, plant in _proposals(KINDS[kind], settings)
    ]
    plain = [write_deck(random.Random(f"{settings.seed}/{CLEAN}/{n}"), n) for n in range(settings.harmless)]
    decks = list(dict.fromkeys([deck for _, deck, _ in proposed]))
    changed = [write_program(plant.deck, plant.inserted).source for _, _, plant in proposed]
    facts = measure_all([*(write_program(deck).source for deck in decks), *changed])
    before, after = dict(zip(decks, facts)), facts[len(decks) :]
    cases, dropped, made = [], {}, Counter()
    for (kind, deck, plant), seen in zip(proposed, after):
        if made[kind.id] == settings.twins:
            continue
        places = kind.shown(plant, before[deck], seen)
        if places:
            cases.append(_twin(kind, deck, plant, places, made[kind.id], before[deck], seen))
            made[kind.id] += 1
        else:
            dropped.setdefault(kind.id, Counter())[plant.change] += 1
    for number, deck in enumerate(plain):
        text = write_program(deck).source
        cases.append(Case(f"{CLEAN}-{number:03d}", CLEAN, deck.kind, deck.style, text, text))
        rng = random.Random(f"{settings.seed}/{CONTROL}/{number}")
        if plants := list(harmless(deck, rng)):
            plant = rng.choice(plants)
            changed_text = write_program(plant.deck).source
            name = f"{CONTROL}-{number:03d}"
            cases.append(Case(name, CONTROL, deck.kind, deck.style, text, changed_text, plant.change))
    return cases, dropped


def _proposals(kind: Kind, settings: Settings) -> list[tuple[Deck, Plant]]:
    found: list[tuple[Deck, Plant]] = []
    wanted = round(SPARE * settings.twins)
    for number in range(DECKS_A_TWIN * wanted):
        if len(found) == wanted:
            break
        rng = random.Random(f"{settings.seed}/{kind.id}/{number}")
        deck = write_deck(rng, number)
        plants = list(kind.propose(deck, rng))
        if plants:
            change = rng.choice(sorted({plant.change for plant in plants}))
            found.append((deck, rng.choice([plant for plant in plants if plant.change == change])))
    return found


def _twin(
    kind: Kind, deck: Deck, plant: Plant, places: Sequence[Box], number: int, before: Facts, after: Facts
) -> Case:
    written = write_program(plant.deck, plant.inserted)
    keys = [("", "inserted")] if plant.inserted else [(plant.item, name) for name in plant.properties]
    guilty = tuple(line for key in keys for line in written.places.get(key, ()))
    shared = [line for name in plant.properties for line in written.places.get((HELPER, name), ())]
    if kind.id == "squashed-picture":  # either side may be the wrong one
        shared += [line for name in ("width", "height") for line in written.places.get((plant.item, name), ())]
    if {"left", "top", "width", "height"} & set(plant.properties):
        shared += written.places.get((plant.item, "added"), [])
    names = [item.name for item in deck.items]
    touched = [*places]
    if plant.item in names and plant.deck.layout == deck.layout:
        at = names.index(plant.item)
        touched += [facts.shapes[at].box for facts in (before, after)]
    if plant.deck.layout != deck.layout:
        touched += [shape.box for shape in after.shapes]
    return Case(f"{kind.id}-{number:03d}", kind.id, deck.kind, deck.style, write_program(deck).source, written.source,
                plant.change, guilty, tuple(shared), {0: tuple(places)}, {0: tuple(touched)})  # fmt: skip


# --------------------------------------------------------------------------- judging


class Judge:
    """Analyses programs with a renderer and holds what is said against what was planted."""

    def __init__(self, renderer: Renderer) -> None:
        self.analyse = analyser("slide", renderer)

    def case(self, case: Case) -> Judgement:
        analysis = self.analyse(case.text)
        before = self.analyse(case.clean).defects if case.kind != CLEAN and analysis.defects else ()
        findings = findings_of(analysis, lambda defect: _verdict(defect, case, before))
        guilty, shared = (_statements(analysis.program, lines) for lines in (case.guilty, case.shared))
        return Judgement(
            id=case.id,
            kind=case.kind,
            program=case.program,
            change=case.change,
            mechanism=case.mechanism,
            status=analysis.execution.status,
            findings=findings,
            guilty=tuple(sorted(guilty)),
            credit=credit_for([f.shares for f in findings if f.verdict == HIT], guilty, shared),
            blamed=blamed_text(analysis.program, findings),
        )


def _verdict(defect: Defect, case: Case, before: Sequence[Defect]) -> str:
    places = case.places.get(defect.page, ())
    if case.kind in KINDS and defect.detector in KINDS[case.kind].detectors and near(defect.boxes, places):
        return HIT
    if any(same_place(defect, old) for old in before):
        return KNOWN
    return COLLATERAL if near(defect.boxes, case.touched.get(defect.page, ())) else WRONG


def _statements(program: Program, lines: Sequence[int]) -> set[int]:
    return {found.id for line in lines if (found := program.statement_at(line)) is not None}
