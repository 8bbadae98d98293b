"""``visual-sdpo score``: the reward of one response, as training would see it."""

from __future__ import annotations

import argparse
import json

from verl_visual_sdpo.commands.source import add_source_arguments, analyse_file

EXAMPLE = """example:
  visual-sdpo score response.md --reference reference.py
"""


def add_parser(subparsers: argparse._SubParsersAction) -> argparse.ArgumentParser:
    parser = subparsers.add_parser(
        "score",
        help="print the reward of a program or response as JSON",
        description="Print the reward and its factors as JSON. Exit status: 0 scored, 1 the program failed.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_source_arguments(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    from verl_visual_sdpo.serial import to_plain

    analysis, _ = analyse_file(arguments)
    error = analysis.execution.error
    table = {
        **to_plain(analysis.reward),
        "likeness": dict(analysis.fidelity),
        "status": analysis.execution.status,
        "error": None if error is None else {"type": error.type, "message": error.message, "line": error.line},
        "defects": len(analysis.defects),
        "undetermined": len(analysis.undetermined),
        "render_seconds": round(analysis.execution.seconds, 3),
    }
    print(json.dumps(table, indent=2))
    return 0 if analysis.execution.ok else 1
