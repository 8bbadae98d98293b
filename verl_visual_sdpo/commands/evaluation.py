"""What the commands of ``visual-sdpo eval`` have in common: how answers are run, what is chosen, what is written."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from verl_visual_sdpo.errors import InvalidInputError


def add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where everything goes")


def add_choice(parser: argparse.ArgumentParser, broken: str) -> None:
    """``broken``: with what the benchmark's own data can be at fault."""
    add = parser.add_argument
    add("--only", default="", metavar="REGEX", help="only tasks whose name begins so; named with every figure")
    add("--limit", type=int, metavar="N", help="only the first N tasks; named with every figure")
    add("--leave-out-broken", action="store_true", help=f"go on where {broken}; they are named")


def add_running(parser: argparse.ArgumentParser, things: str, one: str, seconds: float, remark: str = "") -> None:
    """``seconds`` that ``one`` ("a page") of the ``things`` ("pages") may take if nothing else is said."""
    add = parser.add_argument
    add("--workers", type=int, default=os.cpu_count() or 1, metavar="N", help=f"{things} at once (all cores)")
    add("--timeout", type=float, default=seconds, metavar="S", help=f"seconds {one} may take (%(default)g{remark})")
    add("--policy", choices=("strict", "permissive"), default="strict", help="isolation, as for inspect (strict)")
    add("--no-page", action="store_true", help="write no page")


def check_counts(arguments: argparse.Namespace, *names: str) -> None:
    """Raises InvalidInputError where one of the options is below 1."""
    for name in names:
        if (value := getattr(arguments, name)) is not None and value < 1:
            raise InvalidInputError(f"--{name.replace('_', '-')} {value} must be 1 or more")


def check_seconds(arguments: argparse.Namespace, *names: str) -> None:
    """Raises InvalidInputError where one of the options is not above 0."""
    for name in names:
        if not (value := getattr(arguments, name)) > 0:
            raise InvalidInputError(f"--{name.replace('_', '-')} {value:g} must be above 0 seconds")


def chosen(arguments: argparse.Namespace) -> str:
    """The options that leave tasks out, as they are named with every figure; "" for none."""
    given = [f"--only {arguments.only!r}"] * bool(arguments.only)
    return " ".join(given + [f"--limit {arguments.limit}"] * bool(arguments.limit))


def conclude(
    arguments: argparse.Namespace, found: Mapping[str, Any], page: Callable[[], str], table: Callable[[Any], str]
) -> None:
    """Write ``summary.json`` and, unless told not to, ``page.html`` beside the results; print the table."""
    out, written = arguments.out, ["summary.json", "results.jsonl"]
    (out / "summary.json").write_text(json.dumps(found, indent=2, ensure_ascii=False), encoding="utf-8")
    if not arguments.no_page:
        (out / "page.html").write_text(page(), encoding="utf-8")
        written.append("page.html")
    print(table(found))
    print(f"\nwrote {', '.join(written)} in {out}")
