"""The last step of preparing a set: some rows are held out for validation, files and counts are written."""

from __future__ import annotations

import hashlib
import heapq
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verl_visual_sdpo.data.shards import Reject, Shards, replace_file
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.json_lines import as_line

SEEN_BEFORE = "seen_before"
"""The reason of a record that is left out because an earlier one holds the same."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What came of a run: ``rejects`` counts by reason."""

    records: int
    train: int
    val: int
    rejects: dict[str, int]


def held_out(kept: Sequence[int], records: int, val: int, seed: int, things: str = "records") -> set[int]:
    """``val`` of the kept indices, by lot. Raises InvalidInputError where that leaves none for training."""
    if len(kept) <= val:
        raise InvalidInputError(
            f"{len(kept)} of {records} {things} are kept, --val {val} leaves none for training; give fewer"
        )
    return set(random.Random(seed).sample(kept, val))


def write_splits(
    shards: Shards,
    out: Path,
    records: int,
    val: int,
    seed: int,
    verl_row: Callable[[dict[str, Any], str], dict],
    *,
    content: str,
) -> Summary:
    """Kept rows to ``train.parquet`` and ``val.parquet``, rejects to ``rejects.jsonl``, counts to ``summary.json``.

    Args:
        verl_row: makes a shard's row one of verl's, of the split that is named.
        content: column with the program or page. Of several rows with the same only the first is kept: a second one
            would be trained on twice, or be trained on and validated with.
    """
    from verl_visual_sdpo.data.verl_rows import write_rows

    kept, again = _distinct(shards, content)
    chosen = held_out(kept, records, val, seed)
    for split, indices in (("train", set(kept) - chosen), ("val", chosen)):
        rows = (verl_row(row, split) for row in shards.rows() if row["index"] in indices)
        replace_file(out / f"{split}.parquet", lambda part, rows=rows: write_rows(part, rows))
    reasons: Counter[str] = Counter()
    with (out / "rejects.jsonl").open("w", encoding="utf-8") as file:
        for reject in heapq.merge(shards.rejects(), again, key=lambda reject: reject.index):
            reasons[reject.reason] += 1
            file.write(as_line(asdict(reject)))
    return write_summary(out, records, len(kept) - val, val, reasons)


def _distinct(shards: Shards, content: str) -> tuple[list[int], list[Reject]]:
    """The first row of each ``content``, space at its ends aside, by index; and the others, in the order of theirs."""
    first: dict[bytes, int] = {}
    again: list[Reject] = []
    for row in shards.rows(columns=["index", "id", content]):
        digest = hashlib.sha256(row[content].strip().encode()).digest()
        if (earlier := first.setdefault(digest, row["index"])) != row["index"]:
            detail = f"the same {content} as record {earlier}"
            again.append(Reject(row["index"], row["id"], SEEN_BEFORE, detail))
    return list(first.values()), again


def write_summary(out: Path, records: int, train: int, val: int, reasons: Counter[str]) -> Summary:
    """``summary.json``, the commonest reasons first."""
    summary = Summary(records, train, val, dict(reasons.most_common()))
    (out / "summary.json").write_text(json.dumps(asdict(summary), indent=2) + "\n", encoding="utf-8")
    return summary
