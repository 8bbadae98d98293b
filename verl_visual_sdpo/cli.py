"""``visual-sdpo``: the command line. Each subcommand is a module of ``verl_visual_sdpo.commands``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import verl_visual_sdpo
from verl_visual_sdpo.commands import COMMANDS
from verl_visual_sdpo.errors import InvalidInputError, VisualSDPOError

BAD_USAGE, OUR_FAILURE, STOPPED = 2, 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand. Exit status 0 or 1 is its own; 2 is bad usage; 3 a failure of our own machinery; 130 that
    somebody stopped it."""
    arguments = build_parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except InvalidInputError as error:
        print(f"visual-sdpo {arguments.command}: {error}", file=sys.stderr)
        return BAD_USAGE
    except VisualSDPOError as error:
        print(f"visual-sdpo {arguments.command}: {type(error).__name__}: {error}", file=sys.stderr)
        return OUR_FAILURE
    except KeyboardInterrupt:
        print(f"visual-sdpo {arguments.command}: stopped", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # the reader (head, less) has seen enough
        sys.stderr.close()
        return 0


def build_parser() -> argparse.ArgumentParser:
    """The parser with every subcommand of ``COMMANDS``."""
    parser = argparse.ArgumentParser(
        prog="visual-sdpo", description="Run a program, look at what it draws, trace what is wrong to its source."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {verl_visual_sdpo.__version__}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_parser(subparsers).set_defaults(run=command.run)
    return parser


if __name__ == "__main__":
    sys.exit(main())
