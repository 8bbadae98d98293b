"""``visual-sdpo inspect``: what a program draws, what is wrong with it, and which lines are to blame."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from verl_visual_sdpo.commands.source import add_source_arguments, analyse_file, first_line, write

if TYPE_CHECKING:
    from verl_visual_sdpo.report.findings import Finding, Suspect
    from verl_visual_sdpo.types import Analysis

EXAMPLES = """examples:
  visual-sdpo inspect chart.py                          table of defects, chart.inspected.png beside you
  visual-sdpo inspect response.md --html page.html      a page that links picture, source and defects
  visual-sdpo inspect chart.py --reference gold.py --json - --no-png
  cat chart.py | visual-sdpo inspect -

exit status: 0 analysed, 1 the program failed, 2 bad usage, 3 our own machinery failed
"""
MOST_SUSPECTS = 3  # lines named per defect in the table


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "inspect",
        help="run a program and list the defects of its picture with the lines to blame",
        description="Run a program in the sandbox, inspect the picture, trace each defect to source lines.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_source_arguments(parser)
    parser.add_argument("--json", metavar="OUT", help="write the whole analysis as JSON (- for stdout, no table then)")
    parser.add_argument("--html", metavar="OUT", help="write one self-contained page")
    parser.add_argument(
        "--png", metavar="OUT", help="where the annotated picture goes (default: STEM.inspected.png here)"
    )
    parser.add_argument("--no-png", action="store_true", help="write no annotated picture")
    return parser


def run(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.report.findings import analysis_as_plain, findings

    analysis, text = analyse_file(arguments)
    found = findings(analysis)
    name, shift = _name(arguments.file), first_line(text, analysis.program) - 1
    written = [] if arguments.no_png else _write_pictures(arguments, analysis, found)
    if arguments.html:
        from verl_visual_sdpo.report.inspect_page import inspect_page

        write(arguments.html, inspect_page(analysis, name, shift))
        written.append(arguments.html)
    if arguments.json:
        write(arguments.json, json.dumps(analysis_as_plain(analysis), ensure_ascii=False))
    if arguments.json != "-":
        print(_summary(analysis, name, shift))
        for finding in found:
            print(_entry(finding, name, shift))
        if written:
            print("wrote " + ", ".join(written))
    return 0 if analysis.execution.ok else 1


def _summary(analysis: Analysis, name: str, shift: int) -> str:
    from verl_visual_sdpo.report.findings import FAILED_RUN, suspects

    run, reward = analysis.execution, analysis.reward
    if not run.ok:
        lines = [f"{name}: {run.status} after {run.seconds:.2f} s, score 0", analysis.feedback.words]
        blamed = _places(suspects(analysis, FAILED_RUN), name, shift)
        return "\n".join([*lines, f"to blame: {blamed}"] if blamed else lines)
    count = {0: "no defects", 1: "1 defect"}.get(len(analysis.defects), f"{len(analysis.defects)} defects")
    unsure = f" ({len(analysis.undetermined)} checks undetermined)" if analysis.undetermined else ""
    factors = f"quality {reward.quality:.2f}, fidelity {reward.fidelity:.2f}, content gate {reward.gate:.2f}"
    return f"{name}: {count}{unsure}, drawn in {run.seconds:.2f} s, score {reward.score:.2f} ({factors})"


def _entry(finding: Finding, name: str, shift: int) -> str:
    """One row of the table: where, what, how bad, measured against required; the sentence below it."""
    defect = finding.defect
    places = _places(finding.prime[:MOST_SUSPECTS], name, shift) or f"{name}: no statement found"
    figures = f"severity {defect.severity:.2f}  measured {defect.measured:.3g}  required {defect.required:.3g}"
    return f"\n{finding.number:>3}  {defect.detector:<22} {figures}\n     {places}\n     {defect.message}"


def _places(suspects: tuple[Suspect, ...], name: str, shift: int) -> str:
    """``chart.py:12 (created 0.80), chart.py:14-16 (mutated 0.31)``: lines of the file, not of the program in it."""
    return ", ".join(
        f"{name}:{s.line + shift}"
        + (f"-{s.end_line + shift}" if s.end_line > s.line else "")
        + f" ({s.tie} {s.responsibility:.2f})"
        for s in suspects
    )


def _name(file: str) -> str:
    return "<stdin>" if file == "-" else file


def _write_pictures(arguments: argparse.Namespace, analysis: Analysis, found: list[Finding]) -> list[str]:
    """One annotated picture a figure; the second and later get ``-2``, ``-3`` before the suffix."""
    from verl_visual_sdpo.report.annotate import annotated_png

    stem = "stdin" if arguments.file == "-" else Path(arguments.file).stem
    first, written = Path(arguments.png or f"{stem}.inspected.png"), []
    for page, scene in enumerate(analysis.scenes):
        if scene.image:
            path = first if page == 0 else first.with_name(f"{first.stem}-{page + 1}{first.suffix}")
            write(str(path), annotated_png(scene, [f for f in found if f.defect.page == page]))
            written.append(str(path))
    return written
