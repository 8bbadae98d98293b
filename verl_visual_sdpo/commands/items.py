"""The programs that ``inspect DIR|GLOB|FILES...`` looks at: found, read, named and matched with their references."""

from __future__ import annotations

import argparse
import glob
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from verl_visual_sdpo.commands import source
from verl_visual_sdpo.commands.source import PROSE, read_reference, read_text
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.report.survey import Item

RECORDS = ".jsonl"
SUFFIXES = frozenset({*source.SUFFIXES, *PROSE})  # what is looked for in a folder; records are named one by one
FIELDS = {  # field of an item -> the names it may have in a record; the second are those of verl's validation dumps
    "text": ("response", "output"),
    "reference": ("reference", "gts"),
    "prompt": ("prompt", "input"),
}


def gather(arguments: argparse.Namespace) -> list[Item]:
    """Every program the arguments name, in a fixed order: as given, the files of a folder or pattern by name.

    Files and records that cannot be read are items with a ``problem``. Raises InvalidInputError for a path that is not
    there, a pattern or a folder with nothing in it, and a reference that cannot be read.
    """
    common = read_reference(arguments.reference) if arguments.reference else ""
    if arguments.reference_dir and not Path(arguments.reference_dir).is_dir():
        raise InvalidInputError(f"--reference-dir {arguments.reference_dir} is not a folder")
    items: list[Item] = []
    for path, root in _paths(arguments):
        if path.suffix.lower() == RECORDS:
            items += _records(path, common)
        else:
            items.append(_file(path, root, arguments.reference_dir, common))
    return _with_unique_ids(items)


def _paths(arguments: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """(file, the folder its reference's place is counted from), each file once."""
    seen: set[Path] = set()
    for given in arguments.paths:
        found = list(_expanded(given, arguments.recursive, Path(arguments.out).resolve()))
        if not found:
            kinds = ", ".join(sorted(SUFFIXES))
            deeper = "" if arguments.recursive else "; --recursive looks into folders"
            raise InvalidInputError(f"{given}: no file with {kinds} in it{deeper}")
        for path, root in found:
            if path not in seen:
                seen.add(path)
                yield path, root


def _expanded(given: str, recursive: bool, out: Path) -> Iterator[tuple[Path, Path]]:
    path = Path(given)
    if path.is_dir():
        for file in sorted(path.rglob("*") if recursive else path.iterdir()):
            inside = file.relative_to(path).parts
            hidden = any(part.startswith(".") or part == "__pycache__" for part in inside)
            ours = out in file.resolve().parents
            if file.suffix.lower() in SUFFIXES and file.is_file() and not hidden and not ours:
                yield file, path
    elif path.exists():
        yield path, path.parent
    elif glob.has_magic(given):
        for name in sorted(glob.glob(given, recursive=True)):
            if Path(name).is_file():
                yield Path(name), Path(name).parent
    else:
        raise InvalidInputError(f"cannot read {given}: no such file, folder or pattern")


def _file(path: Path, root: Path, reference_dir: str | None, common: str) -> Item:
    name = path.as_posix()
    try:
        reference = _reference(path, root, Path(reference_dir)) if reference_dir else ""
        return Item(name, name, read_text(str(path)), reference or common)
    except InvalidInputError as error:
        return Item(name, name, problem=str(error))


def _reference(path: Path, root: Path, folder: Path) -> str:
    """The reference at the same place under ``folder``, or of the same name in it; "" where there is none."""
    same = path.relative_to(root)
    for place in dict.fromkeys((folder / same, folder / same.name)):
        for suffix in dict.fromkeys((".py", path.suffix, *sorted(PROSE))):
            if (candidate := place.with_suffix(suffix)).is_file():
                return read_text(str(candidate))
    return ""


def _records(path: Path, common: str) -> Iterator[Item]:
    try:
        lines = read_text(str(path)).split("\n")
    except InvalidInputError as error:
        yield Item(path.as_posix(), path.as_posix(), problem=str(error))
        return
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _record(line, f"{path.as_posix()}:{number}", path.as_posix(), common)


def _record(line: str, place: str, file: str, common: str) -> Item:
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        return Item(place, file, problem=f"{place} is not JSON: {error}")
    if not isinstance(record, dict):
        return Item(place, file, problem=f"{place} is a JSON {type(record).__name__}; an object is needed")
    name = str(record.get("id", place))
    values = {}
    for field, names in FIELDS.items():
        value = next((record[n] for n in names if record.get(n) is not None), None)
        if value is None and field == "text":
            return Item(name, file, problem=f"{place} has no {' or '.join(map(repr, names))}")
        if not isinstance(value, str | None):
            kind = type(value).__name__
            return Item(name, file, problem=f"{place}: {' or '.join(map(repr, names))} is a {kind}; text is needed")
        values[field] = value or ""
    return Item(name, file, values["text"], values["reference"] or common, values["prompt"])


def _with_unique_ids(items: list[Item]) -> list[Item]:
    """The second item of the same id gets ``/2`` behind it, and so on: samples of one prompt often share theirs."""
    from dataclasses import replace

    seen: Counter[str] = Counter()
    taken = {item.id for item in items}
    unique = []
    for item in items:
        seen[item.id] += 1
        name = item.id
        if seen[item.id] > 1:
            name = f"{item.id}/{seen[item.id]}"
            while name in taken:
                seen[item.id] += 1
                name = f"{item.id}/{seen[item.id]}"
            taken.add(name)
        unique.append(replace(item, id=name))
    return unique
