"""The bench on pages: make twins and controls, let detectors and blame speak about them, write table and lists.

A twin is kept only where the bench's own browser newly sees the planted kind of defect. What is found then is

- a *hit*: an accepted detector speaks, near that place, and did not say the very same of the unplanted page;
- *known*: the unplanted page has the finding as well, at its place or about the same things, wherever they are now;
- *collateral*: the gauge shows the planting, or anything else, to be the reason: another planted kind newly seen at
  that place, or a sign of the finding's kind there (``seen.py``), in the twin itself;
- *wrong*: everything else.

Known and collateral findings count neither way. Clean pages are judged by the signs alone: a real page has defects of
its own, and a finding on one is a false alarm where the gauge shows no sign of its kind. Written pages are taken only
where the gauge sees nothing, so there every finding without a sign is one, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tqdm import tqdm

from verl_visual_sdpo.benchmarks.defectbench.judgement import (
    CLEAN,
    COLLATERAL,
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
from verl_visual_sdpo.benchmarks.defectbench.summary import Summary, write
from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Gauge
from verl_visual_sdpo.benchmarks.defectbench.web.kinds import KINDS
from verl_visual_sdpo.benchmarks.defectbench.web.workshop import Case, Workshop
from verl_visual_sdpo.inspection.domains import domain_of
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Analysis, Box, Defect, Program, Span

SUMMARY = Summary(KINDS, "pages", "way of writing", ("top1", "top3", "mass"))  # nothing shares a fault: strict is top1
SAME_MEASURE = 0.05  # part by which a finding may differ from one of the unplanted page and be the very same


def run(settings: Settings) -> str:
    """Write everything below ``settings.out`` and return the report."""
    (settings.out / "pages").mkdir(parents=True, exist_ok=True)
    with domain_of("web").renderer(workers=settings.workers, policy=settings.policy, timeout=60.0) as renderer:
        with Gauge() as gauge:
            workshop = Workshop(gauge, renderer, settings)
            cases = [*workshop.twins(), *workshop.harmless()]
        judge = Judge(renderer)
        with ThreadPoolExecutor(settings.workers) as pool:
            judged = list(tqdm(pool.map(judge.case, cases), total=len(cases), desc="judging", unit="page"))
    text = "\n".join([*_notes(settings, workshop), "", SUMMARY.text(judged, workshop.dropped)])
    write(settings.out, text, judged, {f"pages/{case.id}.html": case.text for case in cases})
    return text


def _notes(settings: Settings, workshop: Workshop) -> Iterator[str]:
    where = settings.source or "written pages"
    yield f"DefectBench web, {where}, seed {settings.seed}, {settings.twins} twins a kind asked for"
    if workshop.asked:
        left_out = workshop.left_out
        yield f"pages left out before planting: {left_out.total()} of {workshop.asked} {dict(left_out.most_common())}"


# --------------------------------------------------------------------------- judging


class Judge:
    """Analyses pages with a renderer and holds what is said against what was planted."""

    def __init__(self, renderer: Renderer) -> None:
        self.analyse = analyser("web", renderer)

    def case(self, case: Case) -> Judgement:
        analysis = self.analyse(case.text)
        before = self.analyse(case.clean.source) if case.kind != CLEAN and analysis.defects else None
        findings = findings_of(analysis, lambda defect: _verdict(defect, analysis, case, before))
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


def _verdict(defect: Defect, analysis: Analysis, case: Case, before: Analysis | None) -> str:
    old = [one for one in before.defects if _same(defect, analysis, one, before)] if before else []
    places = case.places.get(case.kind, ())
    told_before = any(_tells_the_same(defect, analysis, one, before, places) for one in old)
    if case.kind in KINDS and not told_before and _answers(defect, case.kind, places):
        return HIT
    if old:
        return KNOWN
    shown = [*case.places.items(), *case.signs.items()]
    return COLLATERAL if any(_answers(defect, kind, places) for kind, places in shown) else WRONG


def _same(one: Defect, analysis: Analysis, other: Defect, before: Analysis) -> bool:
    """Whether two findings lie at one place, or are about the same things (at least half of the first one's are)."""
    if one.detector != other.detector:
        return False
    if same_place(one, other):
        return True
    things, known = _things(one, analysis), _things(other, before)
    return 2 * (things & known).total() >= things.total() > 0


def _tells_the_same(one: Defect, analysis: Analysis, other: Defect, before: Analysis, places: Sequence[Box]) -> bool:
    """Whether the unplanted page had the very same finding: as bad, and about all that it is about near the planted
    place (a detector may tell the planted text together with others of its colour)."""
    if abs(one.measured - other.measured) > SAME_MEASURE * abs(other.measured):
        return False
    return not _things(one, analysis, places) - _things(other, before)


def _things(defect: Defect, analysis: Analysis, places: Sequence[Box] | None = None) -> Counter[tuple]:
    """What a finding is about (near ``places``), by what can be read there, else by size."""
    elements = {e.id: e for e in analysis.scenes[defect.page].elements}
    about = [elements[i] for i in defect.element_ids if i in elements]
    about = [e for e in about if places is None or near([e.box], places)]
    return Counter(
        (e.kind, e.text.strip()) if e.text.strip() else (e.kind, round(e.box.width), round(e.box.height)) for e in about
    )


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
