"""``visual-sdpo eval``: public benchmarks, scored on this machine. One module a benchmark: ``eval_NAME.py``."""

from __future__ import annotations

import argparse

from verl_visual_sdpo.commands import eval_aeslides, eval_chartmimic, eval_design2code

BENCHMARKS = (eval_chartmimic, eval_design2code, eval_aeslides)


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "eval",
        help="score a model's answers to a public benchmark",
        description="Score a model's answers to a public benchmark, by the benchmark's own definitions.",
    )
    benchmarks = parser.add_subparsers(dest="benchmark", required=True, metavar="BENCHMARK")
    for benchmark in BENCHMARKS:
        benchmark.add_parser(benchmarks).set_defaults(run_benchmark=benchmark.run)
    return parser


def run(arguments: argparse.Namespace) -> int:
    return arguments.run_benchmark(arguments)
