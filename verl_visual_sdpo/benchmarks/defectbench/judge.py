"""Letting detectors and blame speak about a program, and holding what they say against what was planted."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from verl_visual_sdpo.benchmarks.defectbench.credit import Credit
from verl_visual_sdpo.benchmarks.defectbench.gauge import Facts, Gauge
from verl_visual_sdpo.benchmarks.defectbench.harmless import Harmless
from verl_visual_sdpo.benchmarks.defectbench.judgement import (
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
from verl_visual_sdpo.benchmarks.defectbench.kinds import Offence
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
from verl_visual_sdpo.benchmarks.defectbench.twins import Twin, signs_by_kind
from verl_visual_sdpo.inspection.pipeline import analyse_program, bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.trace import Tracing, trace
from verl_visual_sdpo.types import Analysis, Box, Defect, Program, Statement, Task

MAKES_AXES = re.compile(r"\b(subplots|figure|add_subplot|subplot_mosaic|subplot|axes|add_axes|twinx)\(")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartJudgement(Judgement):
    """With the program's text, so that its author sees all at once; ``lines`` maps statement ids to its lines.

    ``mapped`` is the credit of another route of tracing, where one is scored beside what the renderer saw, with the
    reasons (``untold``) of the hits that it could not tell about: those earn nothing.
    """

    chart: str
    source: str
    undetermined: tuple[tuple[str, str], ...]
    accomplices: tuple[int, ...] = ()
    lines: dict[int, int] = field(default_factory=dict)
    mapped: Credit | None = None
    untold: tuple[str, ...] = ()

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

    def twin(self, twin: Twin) -> ChartJudgement:
        """A twin against its clean program."""
        analysis = self.analyse(twin.text)
        before = functools.cache(lambda: self.analyse(twin.clean.program.source).defects)
        guilty, accomplices = suspects(twin, analysis.program)
        seen = signs_by_kind(twin.facts)
        findings = findings_of(analysis, lambda defect: self._twin_verdict(defect, twin, before, seen))
        mapped, untold = self._mapped(analysis, [d for d, f in zip(analysis.defects, findings) if f.verdict == HIT])
        return ChartJudgement(
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
            credit=credit_for([f.shares for f in findings if f.verdict == HIT], guilty, accomplices),
            blamed=blamed_text(analysis.program, findings),
            mapped=credit_for(mapped, guilty, accomplices),
            untold=untold,
        )

    def _mapped(self, analysis: Analysis, hits: Sequence[Defect]) -> tuple[list[dict[int, float]], tuple[str, ...]]:
        """Shares of each hit by the route that is scored beside, and why it could not tell; nothing without one."""
        if self.beside is None or not hits:
            return [], ()
        blames, untold = trace(analysis.program, analysis.scenes, hits, analysis.execution, self.beside)
        shares = [{b.statement: b.responsibility for b in blames if b.defect == number} for number in range(len(hits))]
        return shares, tuple(one.reason for one in untold)

    def harmless(self, item: Harmless) -> ChartJudgement:
        """A clean program, or a control against the one it was made from."""
        analysis = self.analyse(item.source)
        known = self.analyse(item.clean.program.source).defects if item.kind == CONTROL else ()
        seen = signs_by_kind(item.facts)
        return ChartJudgement(
            id=item.id,
            kind=item.kind,
            chart=item.clean.program.chart,
            program=item.clean.program.name,
            change=item.change,
            mechanism=item.mechanism,
            status=analysis.execution.status,
            source=item.source,
            findings=findings_of(analysis, lambda defect: self._harmless_verdict(defect, item, known, seen)),
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
        if any(same_place(defect, other) for other in before()):
            return KNOWN
        if planted:
            return HIT
        return COLLATERAL if _confirmed(defect, seen, twin.facts) or self._hides(defect, twin.text) else WRONG

    def _harmless_verdict(
        self, defect: Defect, item: Harmless, known: Sequence[Defect], seen: Mapping[str, Sequence[Offence]]
    ) -> str:
        if any(same_place(defect, other) for other in known):
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


def _confirmed(defect: Defect, seen: Mapping[str, Sequence[Offence]], facts: Facts) -> bool:
    """Whether the gauge sees a sign of a kind that this detector answers for at the same place."""
    return any(
        defect.detector in KINDS[kind].detectors and _near(defect, offences, facts) for kind, offences in seen.items()
    )


# --------------------------------------------------------------------------- places


def _near(defect: Defect, offences: Sequence[Offence], facts: Facts) -> bool:
    """Whether a finding lies where the gauge sees an offence. Pictures cropped to their content have moved by an
    amount that only the cropping knows: there any place will do."""
    for offence in offences:
        boxes = places(offence, facts)
        if boxes is None or defect.page >= len(facts.figures):
            return True
        if offence.page == defect.page and near(defect.boxes, boxes):
            return True
    return False


def places(offence: Offence, facts: Facts) -> tuple[Box, ...] | None:
    """Where an offence lies, in px of the picture; None where the picture was cropped."""
    figure = facts.figures[offence.page]
    if figure.tight:
        return None
    k = figure.scale
    return tuple(Box(b.left * k, b.top * k, b.right * k, b.bottom * k) for b in offence.boxes)


# --------------------------------------------------------------------------- who is to blame


def suspects(twin: Twin, program: Program) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """(guilty, accomplices) as statement ids. Accomplices are accepted where the change leaves the fault with several:
    whoever makes the axes or names a text that takes part."""
    guilty = tuple(s.id for span in twin.planted if (s := _statement(program, span.start)) is not None)
    if not twin.plant.shared:
        return guilty, ()
    names = {name for offence in twin.offences for name in offence.names if len(name) > 1}
    found = []
    for statement in program.statements:
        text = program.source[statement.span.start : statement.span.end]
        if statement.id not in guilty and (MAKES_AXES.search(text) or any(name in text for name in names)):
            found.append(statement.id)
    return guilty, tuple(found)


def _statement(program: Program, start: int) -> Statement | None:
    inside = [s for s in program.statements if s.span.start <= start < s.span.end]
    return min(inside, key=lambda s: s.span.end - s.span.start, default=None)
