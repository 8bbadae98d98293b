"""Rows in a file, one JSON object a line: written so that all readers find the same lines, read though one is torn."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def as_line(row: Mapping[str, Any]) -> str:
    """In ASCII: a model's text may hold what some take for the end of a line (U+2028), or what is no UTF-8."""
    return json.dumps(row) + "\n"


@contextmanager
def appended(path: Path, *, anew: bool = False) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """``with appended(path) as append: append(row)``: one line each, on disk at once, behind those that are there or
    ``anew``."""
    torn = not anew and path.is_file() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
    with path.open("w" if anew else "a", encoding="utf-8") as file:

        def append(row: Mapping[str, Any]) -> None:
            file.write(as_line(row))
            file.flush()

        if torn:
            file.write("\n")
        yield append


def rows_in(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, none where there is no file.

    A line that is no JSON object is left out: a run that was stopped leaves half of one. Only a line feed ends a line,
    for others (verl) write a model's text as it is.
    """
    if not path.is_file():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict):
            yield row
