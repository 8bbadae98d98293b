"""The table as text, and the lists that a detector author reads: misses, false alarms, blame errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from verl_visual_sdpo.benchmarks.defectbench.judge import ChartJudgement
from verl_visual_sdpo.benchmarks.defectbench.judgement import KNOWN, Finding
from verl_visual_sdpo.benchmarks.defectbench.planters import KINDS
from verl_visual_sdpo.benchmarks.defectbench.rows import grouped, table
from verl_visual_sdpo.benchmarks.defectbench.statistics import alarms, tabulated

COLUMNS = ("recall", "precision", "top1", "top3", "strict", "mass", "undetermined")
BLAME_COLUMNS = ("recall", "top1", "top3", "strict", "mass")
MAPPED = ("mapped1", "mapped3")  # stand beside top1 and top3 where another route of tracing was scored


def report(judged: Sequence[ChartJudgement], known: Iterable[str], notes: Sequence[str] = ()) -> str:
    """Everything that the command prints."""
    known = set(known)
    rows = table(judged, known)
    orphans = [k.id for k in KINDS.values() if not known & set(k.detectors)]
    beside = MAPPED if any(j.mapped for j in judged) else ()
    lines = [*notes, "", *tabulated("kind", rows, _with(COLUMNS, beside))]
    if orphans:
        lines.append(f"no detector answers for: {', '.join(orphans)}")
    blame_columns = _with(BLAME_COLUMNS, beside)
    lines += ["", *tabulated("mechanism", grouped(judged, "mechanism"), blame_columns)]
    lines += ["", *tabulated("change", grouped(judged, "change"), blame_columns), ""]
    if beside:
        untold = [reason for j in judged for reason in j.untold]
        why = Counter(reason.split(":")[0] for reason in untold)
        asked = sum(len(j.hits) for j in judged if j.mapped)
        lines.append(f"mapped: {asked} hits, of which {len(untold)} stayed without blame {dict(why.most_common())}")
    for kind, words in (("clean", "clean programs"), ("control", "controls")):
        count, wrong, agreed = alarms(judged, kind)
        lines.append(f"false alarms in {count} {words}: {sum(wrong.values())} {dict(wrong.most_common())}")
        if agreed:
            lines.append(f"    and {sum(agreed.values())} that the gauge agrees with {dict(agreed.most_common())}")
    failed = [j.id for j in judged if j.status != "ok"]
    if failed:
        lines.append(f"programs that the renderer did not run: {len(failed)} ({', '.join(failed[:8])})")
    return "\n".join(lines)


def _with(columns: Sequence[str], beside: Sequence[str]) -> tuple[str, ...]:
    at = columns.index("top3") + 1
    return (*columns[:at], *beside, *columns[at:])


def misses(judged: Sequence[ChartJudgement]) -> str:
    """Twins whose planted defect was not found."""
    return _entries([j for j in judged if j.kind in KINDS and not j.hits], lambda j: "not found")


def false_alarms(judged: Sequence[ChartJudgement]) -> str:
    """Findings that nothing speaks for, and the programs that they are about."""
    return _entries([j for j in judged if j.wrong], lambda j: f"{len(j.wrong)} wrong finding(s)")


def blame_errors(judged: Sequence[ChartJudgement]) -> str:
    """Found twins in which another statement was named first."""
    wrong = [j for j in judged if j.credit is not None and j.credit.top1 < 0.999]
    return _entries(wrong, lambda j: f"top-1 {j.credit.top1:.2f}, top-3 {j.credit.top3:.2f}, mass {j.credit.mass:.2f}")


def _entries(judged: Sequence[ChartJudgement], verdict) -> str:
    return "\n".join(_entry(j, verdict(j)) for j in judged) or "none\n"


def _entry(j: ChartJudgement, verdict: str) -> str:
    head = f"=== {j.id} | {j.kind} | {j.change} | {j.mechanism} | {j.program} | {verdict}"
    lines = [head]
    if j.kind in KINDS:
        lines.append(f"planted: {KINDS[j.kind].meaning}; found by {' or '.join(KINDS[j.kind].detectors)}")
    lines += [f"  {_described(f, j)}" for f in j.findings if f.verdict != KNOWN]
    lines += [f"  undetermined {detector}: {reason}" for detector, reason in j.undetermined[:6]]
    guilty = {j.lines[s] for s in j.guilty}
    accepted = {j.lines[s] for s in j.accomplices}
    for number, line in enumerate(j.source.rstrip("\n").split("\n"), start=1):
        mark = ">>" if number in guilty else " +" if number in accepted else "  "
        lines.append(f"{mark}{number:>4} {line}")
    return "\n".join(lines) + "\n"


def _described(finding: Finding, j: ChartJudgement) -> str:
    ranked = sorted(finding.shares.items(), key=lambda item: -item[1])[:4]
    blamed = ", ".join(f"line {j.lines.get(s, 0)} {value:.2f}" for s, value in ranked)
    boxes = "; ".join(f"({b.left:.0f},{b.top:.0f},{b.right:.0f},{b.bottom:.0f})" for b in finding.boxes[:3])
    return f"{finding.verdict} {finding.detector} ({finding.severity:.2f}): {finding.message} at {boxes} -> {blamed}"
