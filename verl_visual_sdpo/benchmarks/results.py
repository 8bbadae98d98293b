"""Rows of a run on disk, one JSON object a line with an ``id`` and the ``key`` of all it depends on, so that a run that
was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from tqdm import tqdm

from verl_visual_sdpo.errors import (
    EndpointError,
    InvalidInputError,
    SandboxError,
    SandboxUnavailableError,
    VisualSDPOError,
)
from verl_visual_sdpo.json_lines import appended, as_line, rows_in

Row = dict[str, Any]


class BrokenReferenceError(InvalidInputError):
    """A task's own reference does not show here; the fault is the data's or the environment's, not the model's."""


def key_of(*parts: Any) -> str:
    """Names a row by all it depends on, JSON values."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def complete(
    path: Path, keys: Mapping[str, str], judge: Callable[[str], Row], workers: int
) -> tuple[list[Row], dict[str, str]]:
    """The rows of all tasks, in their order, and the tasks that are left out, broken as they are (id -> why).

    Those that ``path`` has are kept; each other is written there as it comes, and all in order at the end.

    Args:
        keys: by the tasks' ids, what :func:`key_of` says of their rows.
        judge: makes a task's row (``id`` and ``key`` are added), called in ``workers`` threads. A task for which it
            raises BrokenReferenceError is left out.

    Raises:
        SandboxUnavailableError: nothing can be judged on this machine.
        SandboxError, EndpointError: *our* side failed for some tasks, after the others are done.
    """
    done = {row["id"]: row for row in read_rows(path) if keys.get(row["id"]) == row["key"]}
    broken: dict[str, str] = {}
    failures: list[tuple[str, VisualSDPOError]] = []
    with ThreadPoolExecutor(workers, thread_name_prefix="judge") as threads, appended(path) as append:
        futures = {threads.submit(judge, name): name for name in keys if name not in done}
        for future in tqdm(as_completed(futures), total=len(keys), initial=len(done), desc="judging", unit="task"):
            name = futures[future]
            try:
                row = {"id": name, "key": keys[name], **future.result()}
            except BrokenReferenceError as error:
                broken[name] = str(error)
            except SandboxUnavailableError:
                threads.shutdown(cancel_futures=True)
                raise
            except (SandboxError, EndpointError) as error:
                failures.append((name, error))
            else:
                done[name] = row
                append(row)
    rows = [done[name] for name in keys if name in done]
    write_rows(path, rows)
    if failures:
        _raise(failures)
    return rows, broken


def _raise(failures: list[tuple[str, VisualSDPOError]]) -> None:
    name, error = failures[0]
    text = f"{len(failures)} tasks could not be judged ({name}: {error}); the same command goes on with them"
    if isinstance(error, EndpointError):
        raise EndpointError("unanswered", text) from error
    raise SandboxError(text) from error


# --------------------------------------------------------------------------- lines


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, without a last one that was cut off in the writing; the later of two for a task wins."""
    return (row for row in rows_in(path) if "id" in row and "key" in row)


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """All rows of a run that is done; nobody ever sees half of the file."""
    part = path.with_name(path.name + ".part")
    part.write_text("".join(map(as_line, rows)), encoding="utf-8")
    os.replace(part, path)
