"""Defects joined with the statements to blame, in the order and numbering that every report uses: worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from verl_visual_sdpo.serial import to_plain
from verl_visual_sdpo.types import Analysis, Blame, Defect, Element

FAILED_RUN = -1  # Blame.defect of a statement that stopped the program
SEVERE = 0.75  # severity from which a report marks a defect as severe
PRIME = 0.5  # a prime suspect answers for at least this share of what the first one does


@dataclass(frozen=True, slots=True)
class Suspect:
    """A statement to blame: its lines in the program (1-based, inclusive), how much in [0, 1], and by which tie."""

    line: int
    end_line: int
    responsibility: float
    tie: str

    @property
    def lines(self) -> range:
        return range(self.line, self.end_line + 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect as a report shows it: ``number`` counts from 1, ``elements`` are those it concerns, ``suspects`` the
    statements to blame, most responsible first."""

    number: int
    defect: Defect
    elements: tuple[Element, ...]
    suspects: tuple[Suspect, ...]

    @property
    def severe(self) -> bool:
        return self.defect.severity >= SEVERE

    @property
    def prime(self) -> tuple[Suspect, ...]:
        """The suspects worth reading first; the others merely touched the same elements."""
        return tuple(s for s in self.suspects if s.responsibility >= PRIME * self.suspects[0].responsibility)


def findings(analysis: Analysis) -> list[Finding]:
    """Every defect of an analysis, most severe first."""
    order = sorted(range(len(analysis.defects)), key=lambda i: -analysis.defects[i].severity)
    return [
        Finding(number, analysis.defects[i], _elements(analysis, analysis.defects[i]), suspects(analysis, i))
        for number, i in enumerate(order, 1)
    ]


def suspects(analysis: Analysis, defect: int) -> tuple[Suspect, ...]:
    """Statements to blame for the defect with this index, or for the failed run (``FAILED_RUN``)."""
    return _suspects(analysis, (b for b in analysis.blames if b.defect == defect))


def analysis_as_plain(analysis: Analysis, *, images: bool = True) -> dict[str, Any]:
    """The analysis as JSON values, each defect with its ``elements`` and ``statements`` (line, end_line,
    responsibility, tie) written out beside what :class:`Defect` holds."""
    plain = to_plain(analysis, images=images)
    for index, (defect, row) in enumerate(zip(analysis.defects, plain["defects"])):
        row["elements"] = [_without_owners(to_plain(e)) for e in _elements(analysis, defect)]
        row["statements"] = to_plain(suspects(analysis, index))
    return plain


def _suspects(analysis: Analysis, blames: Iterable[Blame]) -> tuple[Suspect, ...]:
    by_id = {s.id: s for s in analysis.program.statements}
    ranked = sorted(blames, key=lambda b: (-b.responsibility, b.statement))
    return tuple(Suspect(by_id[b.statement].line, by_id[b.statement].end_line, b.responsibility, b.tie) for b in ranked)


def _elements(analysis: Analysis, defect: Defect) -> tuple[Element, ...]:
    if defect.page >= len(analysis.scenes):
        return ()
    by_id = {e.id: e for e in analysis.scenes[defect.page].elements}
    return tuple(by_id[i] for i in defect.element_ids if i in by_id)


def _without_owners(element: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in element.items() if key not in ("owners", "outline")}
