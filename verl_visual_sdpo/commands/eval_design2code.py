"""``visual-sdpo eval design2code``: Design2Code's terms for answers that lie in a folder."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

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
    add("--out", type=Path, required=True, metavar="DIR", help="where everything goes")
    add("--clip", metavar="MODEL", help="CLIP model of transformers, folder or name (the benchmark's: ViT-B/32)")
    add("--only", default="", metavar="REGEX", help="only tasks whose name begins so; named with every figure")
    add("--limit", type=int, metavar="N", help="only the first N tasks; named with every figure")
    add("--leave-out-broken", action="store_true", help="go on where a task's own page does not show; they are named")
    add("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help="pages at once (all cores)")
    add("--timeout", type=float, default=30.0, metavar="S", help="seconds a page may take (%(default)g)")
    add("--policy", choices=("strict", "permissive"), default="strict", help="isolation, as for inspect (strict)")
    add("--no-page", action="store_true", help="write no page")
    return parser


def run(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.benchmarks.design2code.clip import ClipEncoder
    from verl_visual_sdpo.benchmarks.design2code.data import load_split, read_predictions
    from verl_visual_sdpo.benchmarks.design2code.evaluate import Evaluation
    from verl_visual_sdpo.benchmarks.design2code.page import page
    from verl_visual_sdpo.benchmarks.design2code.table import summary, table
    from verl_visual_sdpo.inspection.domains import domain_of

    for name in ("limit", "workers"):
        if (value := getattr(arguments, name)) is not None and value < 1:
            raise InvalidInputError(f"--{name} {value} must be 1 or more")
    split = load_split(arguments.data, only=arguments.only, limit=arguments.limit)
    answers = read_predictions(arguments.predictions, split.examples)
    encoder = ClipEncoder(arguments.clip) if arguments.clip else None
    limits = {"workers": arguments.workers, "timeout": arguments.timeout, "policy": arguments.policy}
    with domain_of("web").renderer(**limits, cache_size=0) as renderer:
        rows, broken = Evaluation(split, answers, renderer, arguments.out, encoder, arguments.workers).run()
    if broken and not arguments.leave_out_broken:
        name, why = next(iter(broken.items()))
        raise InvalidInputError(f"{len(broken)} tasks cannot be scored ({name}: {why}); --leave-out-broken goes on")
    chosen = [f"--only {arguments.only!r}"] * bool(arguments.only)
    chosen += [f"--limit {arguments.limit}"] * bool(arguments.limit)
    found = summary(
        rows,
        split,
        source=str(arguments.predictions),
        filter_text=" ".join(chosen),
        encoder=encoder.name if encoder else None,
        left_out=broken,
    )
    written = ["summary.json", "results.jsonl"]
    (arguments.out / "summary.json").write_text(json.dumps(found, indent=2), encoding="utf-8")
    if not arguments.no_page:
        (arguments.out / "page.html").write_text(page(found, rows, arguments.out), encoding="utf-8")
        written.append("page.html")
    print(table(found))
    print(f"\nwrote {', '.join(written)} in {arguments.out}")
    return 0
