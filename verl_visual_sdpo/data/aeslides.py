"""Instructions for slides to verl parquet (AeSlides-7k, or any other table of prompts). No answers are needed.

In: a folder of ``.parquet``, ``.jsonl`` or ``.json`` files (or one such file); the column that holds the instruction is
named by the caller, because the set has no public schema. A cell is a text, or a list of chat messages, of which the
user's count. (Of rows that were prepared here their own ``instruction`` and ``id`` are read.) Out: ``train.parquet``,
``val.parquet`` (verl's columns, no pictures) and ``summary.json``.

One row::

    data_source   "aeslides"
    prompt        [{"role": "user", "content": "Make a slide about ...\\n\\nThe slides are 13.333 x 7.5 inches. ..."}]
    ability       "slide"
    reward_model  {"style": "rule", "ground_truth": ""}
    extra_info    {"split", "index", "id", "instruction"}      instruction: what the content gate of the reward reads
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from verl_visual_sdpo.data.shards import replace_file
from verl_visual_sdpo.data.splits import SEEN_BEFORE, Summary, held_out, write_summary
from verl_visual_sdpo.errors import InvalidInputError

DATA_SOURCE = "aeslides"
PROMPT = (
    "{instruction}\n\nThe slides are 13.333 x 7.5 inches. Answer with one complete python-pptx program in a ```python "
    'block; it saves the deck as "deck.pptx" and reads no files.'
)
SUFFIXES = (".parquet", ".jsonl", ".json")
ID_COLUMNS = ("id", "idx", "index", "uid")


def prepare(
    source: Path,
    out: Path,
    *,
    prompt_column: str = "prompt",
    val: int = 500,
    seed: int = 0,
    limit: int | None = None,
    max_chars: int = 8000,
) -> Summary:
    """The whole conversion. Instructions that are empty, longer than ``max_chars`` or there already are left out.

    Raises InvalidInputError for files that are missing or of another form, a column that is not there, or fewer rows
    kept than ``val`` asks for.
    """
    kept: dict[str, str] = {}
    reasons: Counter[str] = Counter()
    records = 0
    for record in read_records(source, prompt_column, limit):
        records += 1
        text = record[1].strip()
        reason = "empty" if not text else "too_long" if len(text) > max_chars else SEEN_BEFORE if text in kept else ""
        if reason:
            reasons[reason] += 1
        else:
            kept[text] = record[0]
    rows = list(enumerate(kept.items()))
    validation = held_out(range(len(rows)), records, val, seed, "instructions")
    out.mkdir(parents=True, exist_ok=True)
    for split in ("train", "val"):
        chosen = [verl_row(n, name, text, split) for n, (text, name) in rows if (n in validation) == (split == "val")]
        replace_file(out / f"{split}.parquet", lambda part, chosen=chosen: _write(part, chosen))
    return write_summary(out, records, len(rows) - val, val, reasons)


def read_records(source: Path, column: str, limit: int | None = None) -> Iterator[tuple[str, str]]:
    """(id, instruction) of each record, in the order of the files' names."""
    files = [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.suffix in SUFFIXES)
    if not files:
        raise InvalidInputError(f"--source {source} holds no {', '.join(SUFFIXES)} file; download the data set there")
    number = 0
    for path in files:
        for record in _records(path):
            if number == limit:
                return
            yield _read(record, column, f"{path.name}, record {number}", number)
            number += 1


def verl_row(index: int, name: str, instruction: str, split: str) -> dict[str, Any]:
    """A row as verl's data set and ``reward_fns.slide`` read it."""
    return {
        "data_source": DATA_SOURCE,
        "prompt": [{"role": "user", "content": PROMPT.format(instruction=instruction)}],
        "ability": "slide",
        "reward_model": {"style": "rule", "ground_truth": ""},
        "extra_info": {"split": split, "index": index, "id": name, "instruction": instruction},
    }


def _records(path: Path) -> Iterator[dict[str, Any]]:
    try:
        if path.suffix == ".parquet":
            import pyarrow.parquet as parquet

            for batch in parquet.ParquetFile(path).iter_batches(256):
                yield from batch.to_pylist()
        elif path.suffix == ".jsonl":
            with path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        yield _line(line, number)
        else:
            plain = json.loads(path.read_text(encoding="utf-8"))
            yield from plain if isinstance(plain, list) else [plain]
    except (ValueError, OSError) as error:  # pyarrow's errors for a file of another form are ValueErrors
        raise InvalidInputError(f"{path} cannot be read as {path.suffix[1:]}: {error}") from error


def _line(line: str, number: int) -> Any:
    try:
        return json.loads(line)
    except ValueError as error:
        raise ValueError(f"line {number} is no JSON: {error}") from error


def _read(record: Any, column: str, place: str, number: int) -> tuple[str, str]:
    if not isinstance(record, dict) or column not in record:
        there = ", ".join(record) if isinstance(record, dict) else type(record).__name__
        raise InvalidInputError(f"{place} has no column {column!r} (it has: {there}); name it with --prompt-column")
    carried = record.get("extra_info")  # of a row that was prepared here, whose prompt says more than the instruction
    carried = carried if isinstance(carried, dict) and "instruction" in carried else {}
    ids = {**carried, **record}
    name = next((str(ids[key]) for key in ID_COLUMNS if ids.get(key) is not None), str(number))
    value = carried.get("instruction") or record[column]
    if isinstance(value, list):
        said = [m.get("content", m.get("value")) for m in value if isinstance(m, dict) and _is_user(m)]
        value = "\n".join(text for text in said if isinstance(text, str))
    if value is not None and not isinstance(value, str):
        raise InvalidInputError(f"{place}: column {column!r} holds a {type(value).__name__}; a text is needed")
    return name, value or ""


def _is_user(message: dict[str, Any]) -> bool:
    return message.get("role", message.get("from")) in ("user", "human")


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    import pyarrow
    import pyarrow.parquet as parquet

    parquet.write_table(pyarrow.Table.from_pylist(rows), path)
