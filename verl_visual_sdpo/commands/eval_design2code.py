"""``visual-sdpo eval design2code``: Design2Code's terms for answers that lie in a folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from verl_visual_sdpo.commands import evaluation
from verl_visual_sdpo.errors import InvalidInputError

EPILOG = """\
the data (484 tasks, HARD: 80): a folder of 1.html, 1.png, 2.html, 2.png, ...

examples:
  visual-sdpo eval design2code --data testset_final --predictions answers/ --out outputs/design2code
  visual-sdpo eval design2code --data testset_final --predictions answers/ --clip clip-vit-base-patch32 --out d2c

answers are ID.html (pages) or ID.md, ID.txt (responses with an html fence), one for each task; a task without one
counts 0. What comes out, in --out: summary.json, results.jsonl (one line a task), page.html (reference beside answer),
pictures/. The same command goes on where an earlier run stopped.

Each term is a mean over all tasks; final is the mean of the five. Without --clip the fifth term and final are null.
Blocks are read from one page load instead of screenshots in injected colours: tests/benchmarks/design2code_agreement.py
measures how well both agree.

exit status: 0 scored, 2 bad usage or data, 3 our machinery failed"""


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "design2code",
        help="Design2Code: block-match, text, position, colour, CLIP",
        description="Score pages that were written from Design2Code's screenshots (arXiv 2403.03163).",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="the tasks: N.html beside N.png")
    add("--predictions", type=Path, required=True, metavar="DIR", help="answers: ID.html, or responses ID.md, ID.txt")
    evaluation.add_out(parser)
    add("--clip", metavar="MODEL", help="CLIP model of transformers, folder or name (the benchmark's: ViT-B/32)")
    evaluation.add_choice(parser, broken="a task's own page does not show")
    evaluation.add_running(parser, "pages", "a page", 30.0)
    return parser


def run(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.benchmarks.design2code.clip import ClipEncoder
    from verl_visual_sdpo.benchmarks.design2code.data import load_split, read_predictions
    from verl_visual_sdpo.benchmarks.design2code.evaluate import Evaluation
    from verl_visual_sdpo.benchmarks.design2code.page import page
    from verl_visual_sdpo.benchmarks.design2code.table import summary, table
    from verl_visual_sdpo.inspection.domains import domain_of

    evaluation.check_counts(arguments, "limit", "workers")
    evaluation.check_seconds(arguments, "timeout")
    split = load_split(arguments.data, only=arguments.only, limit=arguments.limit)
    answers = read_predictions(arguments.predictions, split)
    encoder = ClipEncoder(arguments.clip) if arguments.clip else None
    limits = {"workers": arguments.workers, "timeout": arguments.timeout, "policy": arguments.policy}
    with domain_of("web").renderer(**limits, cache_size=0) as renderer:
        rows, broken = Evaluation(split, answers, renderer, arguments.out, encoder, arguments.workers).run()
    if broken and not arguments.leave_out_broken:
        name, why = next(iter(broken.items()))
        raise InvalidInputError(f"{len(broken)} tasks cannot be scored ({name}: {why}); --leave-out-broken goes on")
    found = summary(
        rows,
        split,
        source=str(arguments.predictions),
        filter_text=evaluation.chosen(arguments),
        encoder=encoder.name if encoder else None,
        left_out=broken,
    )
    evaluation.conclude(arguments, found, lambda: page(found, rows, arguments.out), table)
    return 0
