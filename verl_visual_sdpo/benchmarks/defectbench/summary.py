"""What the benches on pages and on slides print and write: the table, and under it all that went wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from verl_visual_sdpo.benchmarks.defectbench.judgement import CLEAN, CONTROL, Judgement
from verl_visual_sdpo.benchmarks.defectbench.statistics import (
    Row,
    alarms,
    bootstrap,
    overall_precision,
    precision_of,
    row_of,
    tabulated,
)


class Kind(Protocol):
    """``detectors`` are the ids that count as finding it, the first its own."""

    detectors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """How a bench's figures are told: its ``kinds`` by id, what it judges (``things``: "pages"), what ``mechanism``
    means there, and the ``credits`` that differ."""

    kinds: Mapping[str, Kind]
    things: str
    mechanism: str
    credits: tuple[str, ...] = ("top1", "top3", "strict", "mass")

    def text(self, judged: Sequence[Judgement], dropped: Mapping[str, Counter[str]]) -> str:
        """Everything that the command prints. ``dropped``: by kind, the changes that the gauge did not see."""
        return "\n".join([*self._table(judged), "", *_lists(judged, self.kinds), *_unseen(dropped)])

    def rows(self, judged: Sequence[Judgement]) -> list[Row]:
        """One row a kind, and one over all."""
        rows = []
        for kind, about in self.kinds.items():
            if of_kind := [j for j in judged if j.kind == kind]:
                rows.append(row_of(kind, of_kind, precision_of(judged, about.detectors[0]), bootstrap))
        twins = [j for j in judged if j.kind in self.kinds]
        return [*rows, row_of("all", twins, overall_precision(judged, twins), bootstrap)]

    def _table(self, judged: Sequence[Judgement]) -> Iterator[str]:
        yield from tabulated("kind", self.rows(judged), ("recall", "precision", *self.credits))
        yield ""
        twins = [j for j in judged if j.kind in self.kinds]
        ways = sorted({j.mechanism for j in twins})
        rows = [row_of(way, [j for j in twins if j.mechanism == way], mean=bootstrap) for way in ways]
        yield from tabulated(self.mechanism, rows, ("recall", *self.credits))
        yield ""
        for kind in (CLEAN, CONTROL):
            count, wrong, _ = alarms(judged, kind)
            yield f"false alarms in {count} {kind} {self.things}: {wrong.total()} {dict(wrong.most_common())}"
        if failed := [f"{j.id} ({j.status})" for j in judged if j.status != "ok"]:
            yield f"{self.things} that the renderer did not show: {', '.join(failed[:8])}"


def _lists(judged: Sequence[Judgement], kinds: Mapping[str, Kind]) -> Iterator[str]:
    twins = [j for j in judged if j.kind in kinds]
    for j in twins:
        if not j.hits:
            yield f"missed    {j.id} {j.change} / {j.mechanism} {j.program}"
    for j in twins:
        if j.credit is not None and j.credit.top1 < 0.999:
            yield f"misblamed {j.id} {j.change} / {j.mechanism} top1 {j.credit.top1:.2f}: {j.blamed}"
    for j in judged:
        for f in j.wrong:
            yield f"alarm     {j.id} {j.change}: {f.detector}: {f.message}"


def _unseen(dropped: Mapping[str, Counter[str]]) -> Iterator[str]:
    for kind, changes in dropped.items():
        yield f"not seen by the gauge: {kind} {dict(changes)}"


def write(out: Path, text: str, judged: Sequence[Judgement], programs: Mapping[str, str]) -> None:
    """``table.txt``, ``results.json`` and the programs, by path below ``out``."""
    (out / "table.txt").write_text(text + "\n", encoding="utf-8")
    (out / "results.json").write_text(json.dumps([asdict(j) for j in judged], indent=1), encoding="utf-8")
    for path, source in programs.items():
        (out / path).write_text(source, encoding="utf-8")
