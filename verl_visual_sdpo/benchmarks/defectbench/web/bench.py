"""The bench on pages: make twins and controls, let detectors and blame speak about them, write table and lists.

A twin is kept only where the bench's own browser newly sees the planted kind of defect. A finding of an accepted
detector near that place is a hit; one that another planted kind confirms at its place is collateral, one that the clean
page has too is known: both count neither way. All others are wrong.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tqdm import tqdm

from verl_visual_sdpo.benchmarks.defectbench.judgement import (
    CLEAN,
    COLLATERAL,
    CONTROL,
    HIT,
    KNOWN,
    WRONG,
    Judgement,
    blamed_text,
    credit_for,
    findings_of,
    near,
    same_place,
)
from verl_visual_sdpo.benchmarks.defectbench.settings import Settings
from verl_visual_sdpo.benchmarks.defectbench.summary import Summary, write
from verl_visual_sdpo.benchmarks.defectbench.web.controls import propose as harmless_changes
from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Facts, Gauge
from verl_visual_sdpo.benchmarks.defectbench.web.kinds import KINDS, Kind, Plant
from verl_visual_sdpo.benchmarks.defectbench.web.pages import KINDS as PAGES
from verl_visual_sdpo.benchmarks.defectbench.web.pages import write_page
from verl_visual_sdpo.benchmarks.defectbench.web.source import Source
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.domains import default_renderer
from verl_visual_sdpo.inspection.pipeline import analyse_program, bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Analysis, Box, Defect, Program, Span, Task

TRIES = 4  # proposals tried on one page before the next one has its turn
PAGES_A_TWIN = 6  # pages asked for one twin on average, before a kind counts as exhausted
SUMMARY = Summary(KINDS, "pages", "way of writing", ("top1", "top3", "mass"))  # nothing shares a fault: strict is top1


@dataclass(frozen=True, slots=True)
class Clean:
    name: str
    source: str
    facts: Facts


@dataclass(frozen=True, slots=True)
class Case:
    """A page to judge. ``kind`` is the planted one, CLEAN or CONTROL; ``places`` where the gauge newly sees what, by
    kind."""

    id: str
    kind: str
    clean: Clean
    text: str
    change: str = "as it is"
    mechanism: str = "none"
    planted: tuple[Span, ...] = ()
    places: dict[str, tuple[Box, ...]] = field(default_factory=dict)


def run(settings: Settings) -> str:
    """Write everything below ``settings.out`` and return the report."""
    (settings.out / "pages").mkdir(parents=True, exist_ok=True)
    with Gauge() as gauge:
        workshop = Workshop(gauge, settings)
        cases = [*workshop.twins(), *workshop.harmless()]
    renderer = default_renderer("web", workers=settings.workers, policy=settings.policy, timeout=60.0)
    judge = Judge(renderer)
    with ThreadPoolExecutor(settings.workers) as pool:
        judged = list(tqdm(pool.map(judge.case, cases), total=len(cases), desc="judging", unit="page"))
    where = settings.source or "written pages"
    notes = f"DefectBench web, {where}, seed {settings.seed}, {settings.twins} twins a kind asked for"
    text = f"{notes}\n\n{SUMMARY.text(judged, workshop.dropped)}"
    write(settings.out, text, judged, {f"pages/{case.id}.html": case.text for case in cases})
    return text


# --------------------------------------------------------------------------- making


class Workshop:
    """Clean pages, twins and controls. ``dropped`` counts, by kind, why proposals were not taken."""

    def __init__(self, gauge: Gauge, settings: Settings) -> None:
        self.gauge, self.settings, self.dropped = gauge, settings, {}
        self._known: dict[str, Clean | None] = {}
        self._files = sorted(settings.source.rglob("*.html")) if settings.source else []
        if settings.source and not self._files:
            raise InvalidInputError(f"--source {settings.source} holds no .html file; give a folder of pages")

    def clean(self, purpose: str, number: int) -> Clean | None:
        """The ``number``-th page for a purpose; None where it is not clean by the gauge, or there are no more."""
        name, source = self._page(purpose, number)
        if name not in self._known:
            self._known[name] = self._measured(name, source) if source else None
        return self._known[name]

    def _page(self, purpose: str, number: int) -> tuple[str, str]:
        seed = self.settings.seed
        if self._files:
            order = list(self._files)
            random.Random(f"{seed}/{purpose}").shuffle(order)
            if number >= len(order):
                return f"{purpose}-{number}", ""
            path = order[number]
            return str(path.relative_to(self.settings.source)), path.read_text(encoding="utf-8", errors="replace")
        kind = (number + sum(map(ord, purpose))) % len(PAGES)
        page = write_page(random.Random(f"{seed}/{purpose}/{number}"), kind)
        return f"{page.kind}-{purpose}-{number}", page.source

    def _measured(self, name: str, source: str) -> Clean | None:
        facts = self.gauge.measure(source)
        spotless = not any(True for kind in KINDS.values() for _ in kind.places(facts))
        return Clean(name, source, facts) if spotless or self._files else None

    def twins(self) -> list[Case]:
        made: list[Case] = []
        with tqdm(total=self.settings.twins * len(self.settings.kinds), desc="planting", unit="twin") as bar:
            for name in self.settings.kinds:
                found = self._twins_of(KINDS[name])
                bar.update(self.settings.twins)
                made += found
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
        plants = list(kind.propose(Source(clean.source), clean.facts, rng))
        changes = sorted({plant.change for plant in plants})
        rng.shuffle(changes)
        for change in changes[:TRIES]:
            plant = rng.choice([p for p in plants if p.change == change])
            places = newly_seen(clean.facts, self.gauge.measure(plant.edit.text))
            if kind.id in places:
                return _case(f"{kind.id}-{number:03d}", kind.id, clean, plant, places)
            self.dropped.setdefault(kind.id, Counter())[change] += 1
        return None

    def harmless(self) -> list[Case]:
        made = []
        for number in tqdm(range(self.settings.harmless), desc="controls", unit="page"):
            clean = self.clean(CLEAN, number)
            if clean is None:
                continue
            made.append(Case(f"{CLEAN}-{number:03d}", CLEAN, clean, clean.source))
            rng = random.Random(f"{self.settings.seed}/{CONTROL}/{number}")
            plants = list(harmless_changes(Source(clean.source), clean.facts, rng))
            rng.shuffle(plants)
            for plant in plants[:TRIES]:
                if not newly_seen(clean.facts, self.gauge.measure(plant.edit.text)):
                    made.append(_case(f"{CONTROL}-{number:03d}", CONTROL, clean, plant, {}))
                    break
        return made


def newly_seen(before: Facts, after: Facts) -> dict[str, tuple[Box, ...]]:
    """What the gauge sees in the changed page and not in the clean one, by kind of defect."""
    found = {}
    for kind in KINDS.values():
        old = {key for key, _ in kind.places(before)}
        boxes = tuple(box for key, places in kind.places(after) if key not in old for box in places)
        if boxes:
            found[kind.id] = boxes
    return found


def _case(name: str, kind: str, clean: Clean, plant: Plant, places: dict[str, tuple[Box, ...]]) -> Case:
    return Case(name, kind, clean, plant.edit.text, plant.change, plant.mechanism, plant.edit.planted, places)


# --------------------------------------------------------------------------- judging


class Judge:
    """Analyses pages with a renderer and holds what is said against what was planted."""

    def __init__(self, renderer: Renderer) -> None:
        self.renderer = renderer

    def analyse(self, source: str) -> Analysis:
        return analyse_program(bare_program(source, "web"), Task("web"), self.renderer)

    def case(self, case: Case) -> Judgement:
        analysis = self.analyse(case.text)
        before = self.analyse(case.clean.source).defects if case.kind != CLEAN and analysis.defects else ()
        findings = findings_of(analysis, lambda defect: _verdict(defect, case, before))
        guilty = tuple(sorted({s for span in case.planted for s in _statements(analysis.program, span)}))
        return Judgement(
            id=case.id,
            kind=case.kind,
            program=case.clean.name,
            change=case.change,
            mechanism=case.mechanism,
            status=analysis.execution.status,
            findings=findings,
            guilty=guilty,
            credit=credit_for([f.shares for f in findings if f.verdict == HIT], guilty, ()),
            blamed=blamed_text(analysis.program, findings),
        )


def _verdict(defect: Defect, case: Case, before: Sequence[Defect]) -> str:
    if case.kind in KINDS and _answers(defect, case.kind, case.places[case.kind]):
        return HIT
    if any(same_place(defect, old) for old in before):
        return KNOWN
    return COLLATERAL if any(_answers(defect, kind, places) for kind, places in case.places.items()) else WRONG


def _answers(defect: Defect, kind: str, places: Sequence[Box]) -> bool:
    """Whether a finding of an accepted detector of the kind lies where the kind was seen."""
    return defect.detector in KINDS[kind].detectors and near(defect.boxes, places)


def _statements(program: Program, span: Span) -> list[int]:
    """The smallest statements that lie in a planted span, or that hold it."""
    inside = [s.id for s in program.statements if span.start <= s.span.start and s.span.end <= span.end + 1]
    if inside:
        return inside
    around = [s for s in program.statements if s.span.start <= span.start < s.span.end]
    return [min(around, key=lambda s: s.span.end - s.span.start).id] if around else []
