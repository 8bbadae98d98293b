"""The last step of preparing a set: some rows are held out for validation, files and counts are written."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from verl_visual_sdpo.data.shards import Shards, replace_file
from verl_visual_sdpo.errors import InvalidInputError


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
    shards: Shards, out: Path, records: int, val: int, seed: int, verl_row: Callable[[dict[str, Any], str], dict]
) -> Summary:
    """Kept rows to ``train.parquet`` and ``val.parquet``, rejects to ``rejects.jsonl``, counts to ``summary.json``.
    ``verl_row`` makes a shard's row one of verl's, of the split that is named."""
    from verl_visual_sdpo.data.verl_rows import write_rows

    kept = [row["index"] for row in shards.rows(columns=["index"])]
    chosen = held_out(kept, records, val, seed)
    for split in ("train", "val"):
        rows = (verl_row(row, split) for row in shards.rows() if (row["index"] in chosen) == (split == "val"))
        replace_file(out / f"{split}.parquet", lambda part, rows=rows: write_rows(part, rows))
    reasons: Counter[str] = Counter()
    with (out / "rejects.jsonl").open("w", encoding="utf-8") as file:
        for reject in shards.rejects():
            reasons[reject.reason] += 1
            file.write(json.dumps(asdict(reject), ensure_ascii=False) + "\n")
    return write_summary(out, records, len(kept) - val, val, reasons)


def write_summary(out: Path, records: int, train: int, val: int, reasons: Counter[str]) -> Summary:
    """``summary.json``, the commonest reasons first."""
    summary = Summary(records, train, val, dict(reasons.most_common()))
    (out / "summary.json").write_text(json.dumps(asdict(summary), indent=2) + "\n", encoding="utf-8")
    return summary
