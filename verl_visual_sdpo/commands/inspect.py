"""``visual-sdpo inspect``: what a program draws, what is wrong with it, and which lines are to blame."""

from __future__ import annotations

import argparse
import glob
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verl_visual_sdpo.commands.source import add_run_arguments, analyse_file, check_timeout, first_line, write
from verl_visual_sdpo.commands.tracing import add_trace_arguments, tracing_from, untraced
from verl_visual_sdpo.errors import InvalidInputError

if TYPE_CHECKING:
    from verl_visual_sdpo.config import DistillationConfig
    from verl_visual_sdpo.report.findings import Finding, Suspect
    from verl_visual_sdpo.types import Analysis

EXAMPLES = """examples, one program:
  visual-sdpo inspect page.html                         a web page, shown in Chromium
  visual-sdpo inspect chart.py                          table of defects, chart.inspected.png beside you
  visual-sdpo inspect response.md --html page.html      a page that links picture, source and defects, and shows what
                                                        the teacher reads and what every statement weighs
  visual-sdpo inspect response.md --html page.html --tokenizer Qwen3-VL-8B-Instruct --alpha 3    ... and every token
  visual-sdpo inspect chart.py --reference gold.py --json - --no-png
  cat chart.py | visual-sdpo inspect -

examples, many programs (a folder, a quoted pattern, several files, or JSON lines):
  visual-sdpo inspect answers/ --out inspected          table; inspected/index.html leads to a page for each,
                                                        inspected/contact_sheet.png, inspected/results.jsonl
  visual-sdpo inspect 'gallery/**/*.py' --jobs 8 --out inspected
  visual-sdpo inspect answers/ --recursive --reference-dir gold/        gold/NAME.py is the reference of answers/NAME.*
  visual-sdpo inspect rollouts.jsonl --full             {"id": ..., "response": ..., "reference": ..., "prompt": ...}
                                                        a line, all but the response optional; verl's validation dumps
                                                        ("output", "gts", "input") are read too

A run over many that was stopped goes on where it was when the same command is given again; --restart begins anew.

exit status: 0 analysed, 1 the program failed (of many: some failed or could not be read), 2 bad usage,
             3 our own machinery failed (of many: for some program; the others are analysed)
"""
MOST_SUSPECTS = 3  # lines named per defect in the table
MANY_ONLY = ("jobs", "recursive", "reference_dir", "full", "restart")
ONE_ONLY = ("json", "html", "png", "no_png")
OUT = "inspected"


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "inspect",
        help="run programs and list the defects of their pictures with the lines to blame",
        description="Run programs in the sandbox, inspect their pictures, trace each defect to source lines.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "paths",
        metavar="FILE",
        nargs="+",
        help="a .py or .html program, a .md/.txt response with a code fence, or - (stdin); several, a folder, a "
        "pattern or a .jsonl of responses for many at once",
    )
    add_run_arguments(parser)
    learning = parser.add_argument_group("what training would make of it (pages)")
    learning.add_argument("--tokenizer", metavar="DIR", help="Hugging Face tokenizer whose tokens are weighed")
    learning.add_argument("--alpha", type=float, help="weight of a token that is fully to blame (default: 2)")
    learning.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="another visual_sdpo setting, as --set channels=image,rubric or --set template=feedback.txt",
    )
    learning.add_argument("--prompt", metavar="FILE", help="text of the task that the student was given")
    one = parser.add_argument_group("one program")
    one.add_argument("--json", metavar="OUT", help="write the whole analysis as JSON (- for stdout, no table then)")
    one.add_argument("--html", metavar="OUT", help="write one self-contained page")
    one.add_argument("--png", metavar="OUT", help="where the annotated picture goes (default: STEM.inspected.png here)")
    one.add_argument("--no-png", action="store_true", help="write no annotated picture")
    many = parser.add_argument_group("many programs")
    many.add_argument("--out", metavar="OUTDIR", help=f"where everything is written (default: {OUT})")
    many.add_argument("--jobs", type=int, metavar="N", help="programs under way at once (default: all cores)")
    many.add_argument("--recursive", action="store_true", help="look into folders of folders")
    many.add_argument("--reference-dir", metavar="DIR", help="references, by the same names")
    many.add_argument("--full", action="store_true", help="write the whole analyses into results.jsonl, as --json does")
    many.add_argument("--restart", action="store_true", help="analyse again what results.jsonl has already")
    add_trace_arguments(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    check_timeout(arguments)
    many = _are_many(arguments)
    _check_options(arguments, many)
    if many:
        from verl_visual_sdpo.commands.inspect_many import run_many

        arguments.out = arguments.out or OUT
        return run_many(arguments, _config(arguments), _tokens(arguments))
    (arguments.file,) = arguments.paths
    return _run_one(arguments)


def _run_one(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.report.findings import analysis_as_plain, findings

    config, tokens = (_config(arguments), _tokens(arguments)) if arguments.html else (None, None)
    prompt = _prompt(arguments)
    analysis, text = analyse_file(arguments, tracing_from(arguments))
    found = findings(analysis)
    name, shift = _name(arguments.file), first_line(text, analysis.program) - 1
    written = [] if arguments.no_png else _write_pictures(arguments, analysis, found)
    if arguments.html:
        from verl_visual_sdpo.report.inspect_page import inspect_page
        from verl_visual_sdpo.report.teacher_view import learning_view

        learning = learning_view(analysis, text, config, prompt, tokens)
        write(arguments.html, inspect_page(analysis, name, shift, learning=learning))
        written.append(arguments.html)
    if arguments.json:
        write(arguments.json, json.dumps(analysis_as_plain(analysis), ensure_ascii=False))
    if arguments.json != "-":
        print(_summary(analysis, name, shift))
        for finding in found:
            print(_entry(finding, name, shift))
        for line in untraced(analysis):
            print(line)
        if analysis.domain == "web":  # what its scripts complained of, and what it asked the network for in vain
            for line in analysis.execution.output.splitlines():
                print(f"the page: {line}")
        if written:
            print("wrote " + ", ".join(written))
    return 0 if analysis.execution.ok else 1


# --------------------------------------------------------------------------- what was asked for


def _are_many(arguments: argparse.Namespace) -> bool:
    """One file, or standard input, is one program, unless a folder for many results is named."""
    if len(arguments.paths) > 1 or arguments.out:
        return True
    (path,) = arguments.paths
    if path == "-":
        return False
    pattern = glob.has_magic(path) and not Path(path).exists()
    return pattern or Path(path).is_dir() or path.lower().endswith(".jsonl")


def _check_options(arguments: argparse.Namespace, many: bool) -> None:
    unfit, kind, mend = (
        (ONE_ONLY, "one program", "leave it out: the results of many go to --out OUTDIR")
        if many
        else (MANY_ONLY, "many programs", "add --out OUTDIR to treat this one as many")
    )
    for name in unfit:
        if getattr(arguments, name):
            raise InvalidInputError(f"--{name.replace('_', '-')} is for {kind}; {mend}")
    if not many and not arguments.html:
        for name in ("tokenizer", "alpha", "set", "prompt"):
            if getattr(arguments, name):
                raise InvalidInputError(f"--{name} is drawn on the page: add --html OUT")
    if many and "-" in arguments.paths:
        raise InvalidInputError("- (standard input) is one program; name it alone and without --out")
    if many and arguments.prompt:
        raise InvalidInputError('--prompt is for one program; in a .jsonl give every record its own "prompt"')


def _config(arguments: argparse.Namespace) -> DistillationConfig:
    from verl_visual_sdpo.config import DistillationConfig

    chosen: dict[str, Any] = {}
    for pair in arguments.set:
        key, equals, value = pair.partition("=")
        if not equals:
            raise InvalidInputError(f"--set {pair}: give KEY=VALUE, for example --set rubric_chars=2000")
        chosen[key.strip()] = _value(key.strip(), value.strip())
    if arguments.alpha is not None:
        chosen["alpha"] = arguments.alpha
    return DistillationConfig.from_mapping(chosen)


def _value(key: str, text: str) -> Any:
    if key == "channels":
        return [part.strip() for part in text.strip("[]").split(",") if part.strip()]
    try:
        return json.loads(text)
    except ValueError:
        return text


def _tokens(arguments: argparse.Namespace) -> Any:
    if not arguments.tokenizer:
        return None
    from verl_visual_sdpo.report.teacher_view import Tokens

    return Tokens(arguments.tokenizer)


def _prompt(arguments: argparse.Namespace) -> str:
    from verl_visual_sdpo.commands.source import read_text

    return read_text(arguments.prompt) if arguments.prompt else ""


# --------------------------------------------------------------------------- one program, told


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
