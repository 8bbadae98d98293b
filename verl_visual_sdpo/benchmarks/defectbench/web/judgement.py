"""What the bench says of one case: its findings, each with a verdict, and whom the hits blame."""

from __future__ import annotations

from dataclasses import dataclass

from verl_visual_sdpo.benchmarks.defectbench.credit import Credit
from verl_visual_sdpo.types import Box

HIT, COLLATERAL, KNOWN, WRONG = "hit", "collateral", "known", "wrong"
CLEAN, CONTROL = "clean", "control"


@dataclass(frozen=True, slots=True)
class Finding:
    detector: str
    verdict: str
    message: str
    boxes: tuple[Box, ...]
    shares: dict[int, float]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found in a case; ``credit`` is that of its hits, None without one."""

    id: str
    kind: str
    page: str
    change: str
    mechanism: str
    status: str
    findings: tuple[Finding, ...]
    guilty: tuple[int, ...] = ()
    credit: Credit | None = None
    blamed: str = ""

    def of(self, verdict: str) -> tuple[Finding, ...]:
        return tuple(f for f in self.findings if f.verdict == verdict)
