"""``visual-sdpo eval aeslides``: the four terms of AeSlides for answers that lie in a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from verl_visual_sdpo.commands import evaluation
from verl_visual_sdpo.errors import InvalidInputError

EPILOG = """\
examples:
  visual-sdpo eval aeslides --predictions answers/ --out outputs/aeslides
  visual-sdpo eval aeslides --predictions answers/ --prompts aeslides/val.jsonl --prompt-column prompt --out outputs/ae
  visual-sdpo eval aeslides --format html --predictions pages/ --out outputs/aeslides-html

answers are ID.py (python-pptx programs) or ID.md, ID.txt (responses with a python fence); with --format html ID.html or
responses with an html fence. With --prompts a task without an answer counts 0, and the content gate asks for what the
prompt says; without, every answer there is a task.

what comes out, in --out: summary.json, results.jsonl (one line an answer), page.html (all slides, the worst first),
pictures/. The same command goes on where an earlier run stopped.

Terms: aspect ratio, whitespace, collision, imbalance, means over all answers out of 100, and their average. HTML slides
are scored by AeSlides' formulas (its collision term is not public: ours stands there); python-pptx decks by the same
four defined on shapes and pictures, named slide/*. Figures of the two do not compare.

exit status: 0 scored, 2 bad usage or data, 3 our machinery failed"""

DOMAINS = {"pptx": "slide", "html": "web"}


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "aeslides",
        help="AeSlides: aspect ratio, whitespace, collision, imbalance",
        description="Score slides that a model made from instructions.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--predictions", type=Path, required=True, metavar="DIR", help="answers: ID.py or ID.html, or ID.md, ID.txt")
    evaluation.add_out(parser)
    add("--format", choices=tuple(DOMAINS), default="pptx", help="what the answers are (%(default)s)")
    add("--prompts", type=Path, metavar="FILE", help="the tasks: parquet, jsonl or json with an id and the prompt")
    add("--prompt-column", default="prompt", metavar="NAME", help="column with the prompt (%(default)s)")
    add("--limit", type=int, metavar="N", help="only the first N tasks (without --prompts: answers)")
    evaluation.add_running(parser, "answers", "an answer", 30.0)
    return parser


def run(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.benchmarks.aeslides.evaluate import evaluate, read_answers, summary, table
    from verl_visual_sdpo.benchmarks.aeslides.page import page
    from verl_visual_sdpo.data.aeslides import read_records
    from verl_visual_sdpo.inspection.domains import domain_of

    evaluation.check_counts(arguments, "limit", "workers")
    evaluation.check_seconds(arguments, "timeout")
    if arguments.prompts and not arguments.prompts.exists():
        raise InvalidInputError(f"--prompts {arguments.prompts} is not there")
    domain = DOMAINS[arguments.format]
    tasks = dict(read_records(arguments.prompts, arguments.prompt_column)) if arguments.prompts else None
    answers = read_answers(arguments.predictions, domain, tasks, arguments.limit)
    limits = {"workers": arguments.workers, "timeout": arguments.timeout, "policy": arguments.policy}
    with domain_of(domain).renderer(**limits, cache_size=0) as renderer:
        rows = evaluate(answers, domain, renderer, arguments.out, arguments.workers)
    found = summary(rows, domain, str(arguments.predictions))
    evaluation.conclude(arguments, found, lambda: page(found, rows), table)
    return 0
