"""The tasks as Design2Code ships them (``N.html`` beside ``N.png``), and the answers to them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from verl_visual_sdpo.benchmarks.answers import answer_files, read_text
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.program import bare_program, extract_program
from verl_visual_sdpo.types import Program, ProgramError

SIZES = {484: "Design2Code", 80: "Design2Code-HARD"}
"""Number of tasks of each edition."""
_HTML = re.compile(r"<html[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Example:
    """One task; ``picture`` is None where only the page was shipped."""

    id: str
    html: str
    picture: Path | None


@dataclass(frozen=True, slots=True)
class Split:
    """``ids`` of all tasks that the folder holds, of which ``examples`` are chosen."""

    name: str
    examples: tuple[Example, ...]
    ids: tuple[str, ...]

    def describe(self) -> str:
        """For tables: ``Design2Code (all 484 tasks)``."""
        edition = SIZES.get(len(self.ids), f"{self.name} (no edition of the benchmark)")
        count = "all" if len(self.examples) == len(self.ids) else f"{len(self.examples)} of"
        return f"{edition}, {count} {len(self.ids)} tasks"


def load_split(folder: Path, *, only: str = "", limit: int | None = None) -> Split:
    """Read a folder of tasks.

    Args:
        only: regular expression that an id must match from its beginning.
        limit: at most so many tasks, the first in the order of their names.

    Raises:
        InvalidInputError: no such folder, no tasks, a page that is not UTF-8 text, a filter that leaves none.
    """
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is not a folder; give the one with 1.html, 1.png, ...")
    paths = sorted(folder.glob("*.html"), key=lambda path: (len(path.stem), path.stem))
    if not paths:
        raise InvalidInputError(f"{folder} holds no .html file; a task is N.html beside N.png")
    try:
        pattern = re.compile(only)
    except re.error as error:
        raise InvalidInputError(f"the filter {only!r} is no regular expression: {error}") from error
    chosen = [path for path in paths if pattern.match(path.stem)][:limit]
    if not chosen:
        raise InvalidInputError(f"the filter {only!r} leaves none of the {len(paths)} tasks of {folder}")
    return Split(folder.resolve().name, tuple(_example(path) for path in chosen), tuple(path.stem for path in paths))


def read_predictions(folder: Path, split: Split) -> dict[str, Path]:
    """The file of each chosen task's answer, by id: ``ID.html`` (a page) or ``ID.md``, ``ID.txt`` (a model's response).
    Tasks without one count as failed. Raises InvalidInputError as :func:`answer_files` does."""
    chosen = {example.id for example in split.examples}
    return {name: path for name, path in answer_files(folder, ".html", split.ids).items() if name in chosen}


def program_of(path: Path | None) -> Program:
    """The page of an answer. As in the benchmark, text without an ``<html>`` tag is the paragraph of a page."""
    if path is None:
        return replace(extract_program("", "web"), problem=ProgramError("NoAnswer", "there is no answer to this task"))
    text = read_text(path)
    if path.suffix != ".html":
        return extract_program(text, "web")
    return bare_program(text if _HTML.search(text) else f"<html><body><p>{text}</p></body></html>", "web")


def _example(path: Path) -> Example:
    html = read_text(path)
    if not html.strip():
        raise InvalidInputError(f"{path} is empty; unpack the data set again")
    picture = path.with_suffix(".png")
    return Example(path.stem, html, picture if picture.is_file() else None)
