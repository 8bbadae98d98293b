"""``visual-sdpo report``: compare training runs on one self-contained page."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLE = """example:
  visual-sdpo report outputs/quickstart --html report.html --png report.png
"""


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "report",
        help="compare training runs on one page",
        description="Curves, a table with seeds and charts before and after, from DIR/runs/<arm>-seed<seed>.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", metavar="DIR", help="folder with runs/")
    parser.add_argument("--html", metavar="OUT", help="page to write (default: DIR/report.html)")
    parser.add_argument("--png", metavar="OUT", help="the page's essence as a picture")
    parser.add_argument("--examples", type=int, default=4, help="charts shown before and after (default 4)")
    return parser


def run(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.inspection.pipeline import default_renderer
    from verl_visual_sdpo.report.curves import load_runs
    from verl_visual_sdpo.report.hero import hero_png
    from verl_visual_sdpo.report.training_page import (
        all_curves,
        example,
        example_indices,
        load_gate,
        task_of,
        training_page,
    )

    runs = load_runs(arguments.folder)
    renderer = default_renderer(task_of(runs).domain)
    page = Path(arguments.html or Path(arguments.folder) / "report.html")
    page.write_text(
        training_page(runs, renderer, gate=load_gate(arguments.folder), examples=arguments.examples), encoding="utf-8"
    )
    print(f"wrote {page}")
    if arguments.png:
        shown = example_indices(runs, 1)
        Path(arguments.png).write_bytes(
            hero_png(all_curves(runs), example(runs, shown[0], renderer) if shown else None)
        )
        print(f"wrote {arguments.png}")
    return 0
