"""Letting detectors and blame speak about a program, and holding what they say against what was planted."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from verl_visual_sdpo.benchmarks.defectbench.credit import Credit, credit_of, mean_credit, suspects
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts, Gauge
from verl_visual_sdpo.benchmarks.defectbench.harmless import CONTROL, Harmless
from verl_visual_sdpo.benchmarks.defectbench.kinds import Offence
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
from verl_visual_sdpo.benchmarks.defectbench.twins import Twin, signs_by_kind
from verl_visual_sdpo.inspection.pipeline import analyse_program, bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.trace import Tracing, trace
from verl_visual_sdpo.types import Analysis, Box, Defect, Task

NEAR = 12.0  # px of the picture: how far beside the planted place a finding may lie
SAME_PLACE = 0.5  # IoU from which a finding of the twin is one that the clean program had already

HIT, COLLATERAL, KNOWN, WRONG = "hit", "collateral", "known", "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect that was reported. ``verdict``: hit (the planted one), collateral (the gauge sees it too), known (the
    clean program has it as well) or wrong. ``shares`` maps statement ids to their responsibility."""

    detector: str
    message: str
    severity: float
    boxes: tuple[Box, ...]
    page: int
    verdict: str
    shares: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found in a twin, a control or a clean program (``kind``: the planted one, "control" or "clean").

    ``mapped`` is the credit of another route of tracing, where one is scored beside what the renderer saw, with the
    reasons (``untold``) of the hits that it could not tell about: those earn nothing.
    """

    id: str
    kind: str
    chart: str
    program: str
    change: str
    mechanism: str
    status: str
    source: str
    findings: tuple[Finding, ...]
    undetermined: tuple[tuple[str, str], ...]
    guilty: tuple[int, ...] = ()
    accomplices: tuple[int, ...] = ()
    lines: dict[int, int] = field(default_factory=dict)
    credit: Credit | None = None
    mapped: Credit | None = None
    untold: tuple[str, ...] = ()

    @property
    def hits(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict == HIT)

    @property
    def wrong(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict == WRONG)

    @property
    def unsure(self) -> bool:
        """Missed, while a detector of the kind said that it could not decide."""
        own = KINDS[self.kind].detectors if self.kind in KINDS else ()
        return not self.hits and any(detector in own for detector, _ in self.undetermined)


class Judge:
    """Analyses programs with a renderer; the gauge has a second look at what may be hidden. ``beside``: another route
    of tracing, asked about the hits."""

    def __init__(self, renderer: Renderer, gauge: Gauge, beside: Tracing | None = None) -> None:
        self.renderer, self.gauge, self.beside = renderer, gauge, beside

    def analyse(self, source: str) -> Analysis:
        return analyse_program(bare_program(source, "chart"), Task("chart"), self.renderer)

    def twin(self, twin: Twin) -> Judgement:
        """A twin against its clean program."""
        analysis = self.analyse(twin.text)
        before = functools.cache(lambda: self.analyse(twin.clean.program.source).defects)
        guilty, accomplices = suspects(twin, analysis.program)
        seen = signs_by_kind(twin.facts)
        findings = tuple(
            _finding(d, n, analysis, self._twin_verdict(d, twin, before, seen)) for n, d in enumerate(analysis.defects)
        )
        hits = [f for f in findings if f.verdict == HIT]
        credits = [credit_of(f.shares, set(guilty), set(accomplices)) for f in hits]
        mapped, untold = self._mapped(analysis, [d for d, f in zip(analysis.defects, findings) if f.verdict == HIT])
        mapped_credits = [credit_of(shares, set(guilty), set(accomplices)) for shares in mapped]
        return Judgement(
            id=twin.id,
            kind=twin.kind,
            chart=twin.clean.program.chart,
            program=twin.clean.program.name,
            change=twin.plant.change,
            mechanism=twin.plant.mechanism,
            status=analysis.execution.status,
            source=twin.text,
            findings=findings,
            undetermined=_undetermined(analysis),
            guilty=guilty,
            accomplices=accomplices,
            lines={s.id: s.line for s in analysis.program.statements},
            credit=mean_credit(credits) if credits else None,
            mapped=mean_credit(mapped_credits) if mapped_credits else None,
            untold=untold,
        )

    def _mapped(self, analysis: Analysis, hits: Sequence[Defect]) -> tuple[list[dict[int, float]], tuple[str, ...]]:
        """Shares of each hit by the route that is scored beside, and why it could not tell; nothing without one."""
        if self.beside is None or not hits:
            return [], ()
        blames, untold = trace(analysis.program, analysis.scenes, hits, analysis.execution, self.beside)
        shares = [{b.statement: b.responsibility for b in blames if b.defect == number} for number in range(len(hits))]
        return shares, tuple(one.reason for one in untold)

    def harmless(self, item: Harmless) -> Judgement:
        """A clean program, or a control against the one it was made from."""
        analysis = self.analyse(item.source)
        known = self.analyse(item.clean.program.source).defects if item.kind == CONTROL else ()
        seen = signs_by_kind(item.facts)
        return Judgement(
            id=item.id,
            kind=item.kind,
            chart=item.clean.program.chart,
            program=item.clean.program.name,
            change=item.change,
            mechanism=item.mechanism,
            status=analysis.execution.status,
            source=item.source,
            findings=tuple(
                _finding(d, n, analysis, self._harmless_verdict(d, item, known, seen))
                for n, d in enumerate(analysis.defects)
            ),
            undetermined=_undetermined(analysis),
            lines={s.id: s.line for s in analysis.program.statements},
        )

    # ------------------------------------------------------------------ verdicts

    def _twin_verdict(
        self, defect: Defect, twin: Twin, before: Callable[[], Sequence[Defect]], seen: Mapping[str, Sequence[Offence]]
    ) -> str:
        """``before`` finds the defects of the clean program; it is asked only where they can make a difference."""
        planted = defect.detector in KINDS[twin.kind].detectors and _near(defect, twin.offences, twin.facts)
        if planted and not any(KINDS[twin.kind].offences(twin.clean.facts)):
            return HIT
        if any(_same(defect, other) for other in before()):
            return KNOWN
        if planted:
            return HIT
        return COLLATERAL if _confirmed(defect, seen, twin.facts) or self._hides(defect, twin.text) else WRONG

    def _harmless_verdict(
        self, defect: Defect, item: Harmless, known: Sequence[Defect], seen: Mapping[str, Sequence[Offence]]
    ) -> str:
        if any(_same(defect, other) for other in known):
            return KNOWN
        if _confirmed(defect, seen, item.facts) or self._hides(defect, item.source):
            return COLLATERAL
        return WRONG

    def _hides(self, defect: Defect, source: str) -> bool:
        """Whether the gauge agrees that something is hidden there: what it only measures when it is asked."""
        kinds = [kind for kind in KINDS.values() if kind.hidden and defect.detector in kind.detectors]
        if not kinds:
            return False
        facts = self.gauge.measure(source, hidden=True)
        return facts.ok and _confirmed(defect, signs_by_kind(facts), facts)


def _undetermined(analysis: Analysis) -> tuple[tuple[str, str], ...]:
    return tuple((u.detector, u.reason) for u in analysis.undetermined)


def _finding(defect: Defect, number: int, analysis: Analysis, verdict: str) -> Finding:
    shares = {b.statement: b.responsibility for b in analysis.blames if b.defect == number}
    return Finding(defect.detector, defect.message, defect.severity, defect.boxes, defect.page, verdict, shares)


def _confirmed(defect: Defect, seen: Mapping[str, Sequence[Offence]], facts: Facts) -> bool:
    """Whether the gauge sees a sign of a kind that this detector answers for at the same place."""
    return any(
        defect.detector in KINDS[kind].detectors and _near(defect, offences, facts) for kind, offences in seen.items()
    )


# --------------------------------------------------------------------------- places


def _same(one: Defect, other: Defect) -> bool:
    if one.detector != other.detector or one.page != other.page:
        return False
    return any(_iou(a, b) >= SAME_PLACE for a in one.boxes for b in other.boxes)


def _iou(a: Box, b: Box) -> float:
    width, height = min(a.right, b.right) - max(a.left, b.left), min(a.bottom, b.bottom) - max(a.top, b.top)
    shared = max(width, 0.0) * max(height, 0.0)
    union = a.area + b.area - shared
    return shared / union if union > 0 else 0.0


def _near(defect: Defect, offences: Sequence[Offence], facts: Facts) -> bool:
    """Whether a finding lies where the gauge sees an offence. Pictures cropped to their content have moved by an
    amount that only the cropping knows: there any place will do."""
    for offence in offences:
        boxes = places(offence, facts)
        if boxes is None or defect.page >= len(facts.figures):
            return True
        if offence.page == defect.page and any(_close(a, b) for a in defect.boxes for b in boxes):
            return True
    return False


def places(offence: Offence, facts: Facts) -> tuple[Box, ...] | None:
    """Where an offence lies, in px of the picture; None where the picture was cropped."""
    figure = facts.figures[offence.page]
    if figure.tight:
        return None
    k = figure.scale
    return tuple(Box(b.left * k, b.top * k, b.right * k, b.bottom * k) for b in offence.boxes)


def _close(a: Box, b: Box) -> bool:
    return (
        a.left <= b.right + NEAR and b.left <= a.right + NEAR and a.top <= b.bottom + NEAR and b.top <= a.bottom + NEAR
    )
