"""The table of the bench on pages: by kind, by way of writing, with 95 % intervals, and what went wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from verl_visual_sdpo.benchmarks.defectbench.statistics import Estimate, bootstrap, wilson
from verl_visual_sdpo.benchmarks.defectbench.web.judgement import Judgement
from verl_visual_sdpo.benchmarks.defectbench.web.kinds import KINDS

COLUMNS = ("recall", "precision", "top1", "top3", "mass")
NAME, WIDTH = 22, 19


def report(judged: Sequence[Judgement], dropped: Mapping[str, Counter]) -> str:
    """Everything that the command prints."""
    lines = [_head("kind")]
    for kind in KINDS:
        twins = [j for j in judged if j.kind == kind]
        if twins:
            lines.append(_line(kind, twins, _precision(judged, KINDS[kind].detectors[0])))
    twins = [j for j in judged if j.kind in KINDS]
    right, wrong = sum(len(j.of("hit")) for j in twins), sum(len(j.of("wrong")) for j in judged)
    lines += [_line("all", twins, wilson(right, right + wrong)), "", _head("way of writing", precision=False)]
    for way in sorted({j.mechanism for j in twins}):
        lines.append(_line(way, [j for j in twins if j.mechanism == way], None))
    lines.append("")
    for kind in ("clean", "control"):
        pages = [j for j in judged if j.kind == kind]
        alarms = Counter(f.detector for j in pages for f in j.of("wrong"))
        lines.append(f"false alarms in {len(pages)} {kind} pages: {sum(alarms.values())} {dict(alarms.most_common())}")
    if failed := [f"{j.id} ({j.status})" for j in judged if j.status != "ok"]:
        lines.append(f"pages that the renderer did not show: {', '.join(failed[:8])}")
    lines += ["", *_missed(twins), *_misblamed(twins), *_alarms(judged)]
    lines += [f"not seen by the gauge: {kind} {dict(reasons)}" for kind, reasons in dropped.items()]
    return "\n".join(lines)


def _head(name: str, precision: bool = True) -> str:
    columns = COLUMNS if precision else tuple(c for c in COLUMNS if c != "precision")
    return f"{name:<{NAME}}{'twins':>6}" + "".join(f"{c:>{WIDTH}}" for c in columns)


def _line(name: str, twins: Sequence[Judgement], precision: Estimate | None) -> str:
    credits = [j.credit for j in twins if j.credit is not None]
    cells = [wilson(sum(bool(j.of("hit")) for j in twins), len(twins))]
    cells += [precision] if precision is not None else []
    cells += [bootstrap([getattr(c, name) for c in credits]) for name in ("top1", "top3", "mass")]
    return f"{name:<{NAME}}{len(twins):>6}" + "".join(f"{_cell(cell):>{WIDTH}}" for cell in cells)


def _precision(judged: Sequence[Judgement], detector: str) -> Estimate:
    right = sum(f.detector == detector for j in judged for f in j.of("hit"))
    wrong = sum(f.detector == detector for j in judged for f in j.of("wrong"))
    return wilson(right, right + wrong)


def _cell(estimate: Estimate) -> str:
    if estimate.value is None:
        return "-"
    return f"{estimate.value:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def _missed(twins: Sequence[Judgement]) -> list[str]:
    return [f"missed    {j.id} {j.change} / {j.mechanism} {j.page}" for j in twins if not j.of("hit")]


def _misblamed(twins: Sequence[Judgement]) -> list[str]:
    wrong = [j for j in twins if j.credit is not None and j.credit.top1 < 0.999]
    return [f"misblamed {j.id} {j.change} / {j.mechanism} top1 {j.credit.top1:.2f}: {j.blamed}" for j in wrong]


def _alarms(judged: Sequence[Judgement]) -> list[str]:
    return [f"alarm     {j.id} {j.change}: {f.detector}: {f.message}" for j in judged for f in j.of("wrong")]
