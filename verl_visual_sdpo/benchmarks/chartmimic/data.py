"""The tasks as ChartMimic ships them: one folder a split, same-stem ``bar_1.py``, ``bar_1.png`` and ``bar_1.pdf``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from verl_visual_sdpo.errors import InvalidInputError

SPLITS: Mapping[str, tuple[str, int]] = {
    "500": ("ori_500", 500),
    "600": ("direct_600", 600),
    "1800": ("direct_1800", 1800),
}
"""Name of a split: the folder it is shipped in and its number of tasks. 500 is the first edition of the paper."""
SIZES_FILES = ("dimentions_info.jsonl", "dimensions_info.jsonl")
"""Where the repository keeps the figure sizes (its own spelling first): rows with ``idx``, ``width``, ``height``."""
_STEM = re.compile(r"(?P<kind>[A-Za-z0-9]+?)_(?P<number>\d+)\w*")


@dataclass(frozen=True, slots=True)
class Example:
    """One task. ``picture`` is None where only the program was shipped; ``size`` (inches) where no file tells it."""

    id: str
    code: str
    picture: Path | None
    size: tuple[float, float] | None

    @property
    def kind(self) -> str:
        """The kind of chart as the file names group it: bar, line, heatmap, ..."""
        match = _STEM.fullmatch(self.id)
        return match["kind"] if match else self.id


@dataclass(frozen=True, slots=True)
class Split:
    """``name`` is "500", "600", "1800", or the folder's name where it is none of them; ``whole`` says whether all of
    its tasks are chosen, ``ids`` are those of all that the folder holds."""

    name: str
    examples: tuple[Example, ...]
    whole: bool
    ids: tuple[str, ...]

    def describe(self) -> str:
        """For tables: ``600 (all 600 tasks)``."""
        known = SPLITS.get(self.name)
        if known is None:
            return f"{self.name} ({len(self.examples)} tasks; not a split of the benchmark)"
        return f"{self.name} ({'all' if self.whole else f'{len(self.examples)} of'} {known[1]} tasks)"


def load_split(folder: Path, name: str | None = None, *, only: str = "", limit: int | None = None) -> Split:
    """Read a split.

    Args:
        folder: the split's own folder, or the one it was unpacked into beside others.
        name: "500", "600" or "1800"; None takes the one that is there.
        only: regular expression that an id must match from its beginning (``bar_|line_1$``).
        limit: at most so many tasks, the first in the order of their names.

    Raises:
        InvalidInputError: no such folder, several splits and no name, no tasks, a task that cannot be read.
    """
    place, found = _split_folder(folder, name)
    programs = sorted(place.glob("*.py"), key=lambda path: _order(path.stem))
    if not programs:
        raise InvalidInputError(f"{place} holds no .py file; a split holds bar_1.py, bar_1.png, bar_1.pdf, ...")
    try:
        pattern = re.compile(only)
    except re.error as error:
        raise InvalidInputError(f"the filter {only!r} is no regular expression: {error}") from error
    whole = found in SPLITS and len(programs) == SPLITS[found][1]
    chosen = [path for path in programs if pattern.match(path.stem)][:limit]
    if not chosen:
        raise InvalidInputError(f"the filter {only!r} leaves none of the {len(programs)} tasks of {place}")
    sizes = _sizes(place)
    examples, ids = tuple(_example(path, sizes) for path in chosen), tuple(path.stem for path in programs)
    return Split(found, examples, whole and len(chosen) == len(programs), ids)


def _split_folder(folder: Path, name: str | None) -> tuple[Path, str]:
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is not a folder; give the unpacked data set, or one split of it")
    if name is not None and name not in SPLITS:
        raise InvalidInputError(f"split {name!r} is not known; known are {', '.join(SPLITS)}")
    here = {split: folder / shipped for split, (shipped, _) in SPLITS.items() if (folder / shipped).is_dir()}
    if name in here:
        return here[name], name
    own = next((split for split, (shipped, _) in SPLITS.items() if folder.resolve().name == shipped), None)
    if here and any(folder.glob("*.py")) is False:
        if name is None and len(here) == 1:
            return next(iter((place, split) for split, place in here.items()))
        mend = f"name one of them with --split ({', '.join(here)})" if name is None else f"there are {', '.join(here)}"
        raise InvalidInputError(f"{folder} holds the splits {', '.join(here)}, not split {name or '?'}; {mend}")
    if name is not None and name != own:
        count = sum(1 for _ in folder.glob("*.py"))
        if count != SPLITS[name][1]:
            raise InvalidInputError(
                f"{folder} is not split {name}: it holds {count} programs, not {SPLITS[name][1]} "
                f"(shipped as {SPLITS[name][0]})"
            )
        return folder, name
    return folder, own or folder.resolve().name


def _example(path: Path, sizes: Mapping[str, tuple[float, float]]) -> Example:
    try:
        code = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not UTF-8 text (byte {error.start}); the data set is damaged") from error
    if not code.strip():
        raise InvalidInputError(f"{path} is empty; unpack the data set again")
    picture = path.with_suffix(".png")
    match = _STEM.fullmatch(path.stem)
    short = f"{match['kind']}_{match['number']}" if match else path.stem
    return Example(path.stem, code, picture if picture.is_file() else None, sizes.get(path.stem, sizes.get(short)))


def _sizes(folder: Path) -> dict[str, tuple[float, float]]:
    """Sizes from the file beside the programs or in the two folders above them; {} where there is none."""
    for path in (place / name for place in (folder, *folder.resolve().parents[:2]) for name in SIZES_FILES):
        if path.is_file():
            return dict(_size_rows(path))
    return {}


def _size_rows(path: Path) -> Iterator[tuple[str, tuple[float, float]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            yield str(row["idx"]), (float(row["width"]), float(row["height"]))
        except (ValueError, KeyError, TypeError) as error:
            raise InvalidInputError(f"{path}, line {number}: idx, width and height are expected ({error})") from error


def _order(stem: str) -> tuple[str, int, str]:
    match = _STEM.fullmatch(stem)
    return (match["kind"], int(match["number"]), stem) if match else (stem, 0, stem)
