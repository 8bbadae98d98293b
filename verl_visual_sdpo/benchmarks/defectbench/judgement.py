"""What the bench says of a chart, page or deck: its findings, each with a verdict, and whom the hits blame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from verl_visual_sdpo.benchmarks.defectbench.credit import Credit, credit_of, mean_credit
from verl_visual_sdpo.inspection.pipeline import analyse_program, bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Analysis, Box, Defect, Program, Span, Task

CLEAN, CONTROL = "clean", "control"
HIT, COLLATERAL, KNOWN, WRONG = "hit", "collateral", "known", "wrong"

NEAR = 12.0  # px of the picture: how far beside the planted place a finding may lie
SAME_PLACE = 0.5  # IoU from which a finding of the twin is one that the clean program had already


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect that was reported. ``verdict``: HIT (the planted one), COLLATERAL (the planting explains it), KNOWN
    (the clean program has it as well) or WRONG. ``shares`` maps statement ids to their responsibility."""

    detector: str
    message: str
    severity: float
    boxes: tuple[Box, ...]
    page: int
    verdict: str
    shares: dict[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was found in a twin (``kind``: the planted one), a CONTROL or a CLEAN program.

    ``program`` names the clean one; ``change`` is what was done to it, ``mechanism`` in which way of writing.
    ``guilty`` are statement ids; ``credit`` is that of the hits, None without one; ``blamed``: whom the first blames.
    """

    id: str
    kind: str
    program: str
    change: str
    mechanism: str
    status: str
    findings: tuple[Finding, ...]
    guilty: tuple[int, ...] = ()
    credit: Credit | None = None
    blamed: str = ""

    @property
    def hits(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict == HIT)

    @property
    def wrong(self) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict == WRONG)


def analyser(domain: str, renderer: Renderer) -> Callable[[str], Analysis]:
    """Program -> what is found in it; kept for those that were asked for last: clean ones have several twins."""

    @lru_cache(maxsize=64)
    def analyse(source: str) -> Analysis:
        return analyse_program(bare_program(source, domain), Task(domain), renderer)

    return analyse


def findings_of(analysis: Analysis, verdict: Callable[[Defect], str]) -> tuple[Finding, ...]:
    """Every defect of an analysis with its verdict and the responsibility of the statements."""
    return tuple(_finding(d, number, analysis, verdict(d)) for number, d in enumerate(analysis.defects))


def _finding(defect: Defect, number: int, analysis: Analysis, verdict: str) -> Finding:
    shares = {b.statement: b.responsibility for b in analysis.blames if b.defect == number}
    return Finding(defect.detector, defect.message, defect.severity, defect.boxes, defect.page, verdict, shares)


def credit_for(shares: Sequence[dict[int, float]], guilty: Iterable[int], accomplices: Iterable[int]) -> Credit | None:
    """The mean credit of several hits' shares; None without one."""
    guilty, accomplices = set(guilty), set(accomplices)
    return mean_credit([credit_of(one, guilty, accomplices) for one in shares]) if shares else None


def blamed_text(program: Program, findings: Sequence[Finding]) -> str:
    """The three statements that the first hit blames most, as text; "" without one."""
    first = next((f for f in findings if f.verdict == HIT), None)
    top = sorted(first.shares.items(), key=lambda item: -item[1])[:3] if first else []
    spans = {s.id: s.span for s in program.statements}
    return " | ".join(f"{share:.2f} {_text(program, spans[s])!r}" for s, share in top if s in spans)


def _text(program: Program, span: Span) -> str:
    return program.source[span.start - program.offset : span.end - program.offset][:70]


# --------------------------------------------------------------------------- places


def same_place(one: Defect, other: Defect) -> bool:
    """Whether two findings of a detector lie at one place."""
    if one.detector != other.detector or one.page != other.page:
        return False
    return any(_iou(a, b) >= SAME_PLACE for a in one.boxes for b in other.boxes)


def near(boxes: Iterable[Box], places: Sequence[Box]) -> bool:
    """Whether any box comes within NEAR of any place."""
    return any(_close(a, b) for a in boxes for b in places)


def _close(a: Box, b: Box) -> bool:
    return (
        a.left <= b.right + NEAR and b.left <= a.right + NEAR and a.top <= b.bottom + NEAR and b.top <= a.bottom + NEAR
    )


def _iou(a: Box, b: Box) -> float:
    width, height = min(a.right, b.right) - max(a.left, b.left), min(a.bottom, b.bottom) - max(a.top, b.top)
    shared = max(width, 0.0) * max(height, 0.0)
    union = a.area + b.area - shared
    return shared / union if union > 0 else 0.0
