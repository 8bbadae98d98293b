"""Judging many records in parallel, a shard at a time, so that a run that was stopped goes on where it was.

FOLDER/plan.json                     what the shards were made with
FOLDER/000000-000128.parquet         rows kept of records 0..127 (there: the shard is done)
FOLDER/000000-000128.rejects.jsonl   what was left out of them, and why
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq
from tqdm import tqdm

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.json_lines import as_line, rows_in

Record = TypeVar("Record")
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reject:
    """A record that was left out: ``reason`` is one of a few words to count by, ``detail`` a sentence."""

    index: int
    id: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Shards:
    """Finished shards of one run, in the order of the records."""

    folder: Path
    names: tuple[str, ...]

    def rows(self, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Kept rows, one shard in memory at a time; ``columns`` reads only these."""
        for name in self.names:
            yield from pq.read_table(self.folder / f"{name}.parquet", columns=columns).to_pylist()

    def rejects(self) -> Iterator[Reject]:
        for name in self.names:
            for row in rows_in(self.folder / f"{name}.rejects.jsonl"):
                yield Reject(**row)


def judge_in_shards(
    records: Iterable[Record],
    judge: Callable[[Record], Row | Reject],
    folder: Path,
    *,
    schema: pa.Schema,
    plan: Mapping[str, Any],
    workers: int,
    size: int = 128,
) -> Shards:
    """Call ``judge`` on every record in ``workers`` threads; finished shards are not judged again.

    Args:
        records: a sequence, or a stream of which one shard is in memory at a time.
        judge: thread-safe; returns the row to keep (fields of ``schema``) or a Reject. What it raises ends the run;
            the finished shards stay.
        plan: JSON values that say what a row depends on. Shards made under another plan are refused, not mixed.

    Raises:
        InvalidInputError: the folder holds shards of another plan; the message names the first difference.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _check_plan(folder / "plan.json", dict(plan))
    names, start, rest = [], 0, iter(records)
    total = len(records) if isinstance(records, Sized) else None
    with tqdm(total=total, unit="record", desc="judging") as bar, ThreadPoolExecutor(workers) as threads:
        while part := list(islice(rest, size)):
            names.append(f"{start:06d}-{start + len(part):06d}")
            start += len(part)
            if (folder / f"{names[-1]}.parquet").exists():
                bar.initial += len(part)  # not counted into the speed
                bar.update(len(part))
                continue
            outcomes = []
            for outcome in threads.map(judge, part):
                outcomes.append(outcome)
                bar.update()
            _write_shard(folder, names[-1], outcomes, schema)
    return Shards(folder, tuple(names))


def replace_file(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` make a file under another name and move it into place: nobody ever sees half of it."""
    part = path.with_name(path.name + ".part")
    write(part)
    os.replace(part, path)


def _write_shard(folder: Path, name: str, outcomes: list[Row | Reject], schema: pa.Schema) -> None:
    rejects = [as_line(asdict(o)) for o in outcomes if isinstance(o, Reject)]
    kept = pa.Table.from_pylist([o for o in outcomes if not isinstance(o, Reject)], schema)
    path = folder / f"{name}.rejects.jsonl"
    replace_file(path, lambda part: part.write_text("".join(rejects), encoding="utf-8"))
    replace_file(
        folder / f"{name}.parquet", lambda part: pq.write_table(kept, part)
    )  # last: it marks the shard as done


def _check_plan(path: Path, plan: dict[str, Any]) -> None:
    if not path.exists():
        replace_file(path, lambda part: part.write_text(json.dumps(plan, indent=2), encoding="utf-8"))
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    for name in {**before, **plan}:
        if before.get(name) != plan.get(name):
            raise InvalidInputError(
                f"{path.parent} holds shards made with {name}={before.get(name)!r}, now it is {plan.get(name)!r}: "
                "repeat the old setting to go on, choose another --out, or start over with --restart"
            )
