"""Rows of a run on disk, one JSON object a line with an ``id`` and the ``key`` of all it depends on, so that a run that
was stopped goes on where it was."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = dict[str, Any]


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, without a last one that was cut off in the writing; the later of two for a task wins."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            row = json.loads(line)
            row["id"], row["key"]
        except (ValueError, KeyError, TypeError):
            continue
        yield row


@contextmanager
def appended(path: Path) -> Iterator[Callable[[Row], None]]:
    """``with appended(path) as append: append(row)``: one line each, on disk at once."""
    torn = path.exists() and path.stat().st_size and not path.read_bytes().endswith(b"\n")
    with path.open("a", encoding="utf-8") as file:

        def append(row: Row) -> None:
            file.write(_line(row))
            file.flush()

        if torn:
            file.write("\n")
        yield append


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """All rows of a run that is done; nobody ever sees half of the file."""
    part = path.with_name(path.name + ".part")
    part.write_text("".join(map(_line, rows)), encoding="utf-8")
    os.replace(part, path)


def _line(row: Row) -> str:
    return json.dumps(row) + "\n"  # in ASCII: a model's text may hold what ends a line, or what UTF-8 has no place for
