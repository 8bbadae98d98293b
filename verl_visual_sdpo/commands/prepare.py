"""``visual-sdpo prepare``: public data sets to verl parquet."""

from __future__ import annotations

import argparse
import os
import shutil
from pathlib import Path

EXAMPLE = """example:
  visual-sdpo prepare chart2code --source Chart2Code-160k --out data/chart2code --workers 32

A run that was stopped goes on where it was when the same command is given again. exit status: 0 done
"""


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "prepare",
        help="turn a public data set into verl parquet files",
        description="Turn a public data set into train.parquet and val.parquet, with the rejects and their reasons.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("dataset", choices=("chart2code",), help="chart2code: Chart2Code-160K, its executable subset")
    parser.add_argument("--source", type=Path, required=True, metavar="DIR", help="the data set as it was downloaded")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the parquet files go")
    parser.add_argument("--val", type=int, default=500, metavar="N", help="rows for validation (500)")
    parser.add_argument("--seed", type=int, default=0, help="draws the validation rows (0)")
    parser.add_argument(
        "--max-pixels", type=int, default=1024 * 1024, metavar="N", help="larger pictures are scaled down (1048576)"
    )
    parser.add_argument("--limit", type=int, metavar="N", help="read only the first N records")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), metavar="N", help="render workers (all cores)")
    parser.add_argument("--timeout", type=float, default=10.0, metavar="S", help="seconds a program may take (10)")
    parser.add_argument(
        "--policy", choices=("strict", "permissive"), default="strict", help="isolation, as for inspect (strict)"
    )
    parser.add_argument("--restart", action="store_true", help="judge every record again")
    return parser


def run(arguments: argparse.Namespace) -> int:
    import matplotlib

    from verl_visual_sdpo.data.chart2code import prepare
    from verl_visual_sdpo.errors import InvalidInputError
    from verl_visual_sdpo.inspection.render.chart import ChartRenderer

    for name, least in (("val", 0), ("limit", 1), ("workers", 1), ("max_pixels", 1)):
        value = getattr(arguments, name)
        if value is not None and value < least:
            raise InvalidInputError(f"--{name.replace('_', '-')} {value} must be at least {least}")
    if arguments.restart:
        shutil.rmtree(arguments.out / "shards", ignore_errors=True)
    settings = {"timeout": arguments.timeout, "policy": arguments.policy}
    with ChartRenderer(workers=arguments.workers, cache_size=0, **settings) as renderer:
        summary = prepare(
            arguments.source,
            arguments.out,
            renderer,
            plan={**settings, "matplotlib": matplotlib.__version__},
            workers=arguments.workers,
            val=arguments.val,
            seed=arguments.seed,
            limit=arguments.limit,
            max_pixels=arguments.max_pixels,
        )
    print(f"{summary.records} records: {summary.train} for training, {summary.val} for validation, in {arguments.out}")
    for reason, count in summary.rejects.items():
        print(f"{count:>8}  left out: {reason}")
    return 0
