"""Answers as they lie in a folder: one file a task, called like the task's id."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from verl_visual_sdpo.errors import InvalidInputError

PROSE = (".md", ".txt")
"""A model's whole response; any other suffix is the program or page itself."""


def answer_files(folder: Path, code: str, tasks: Collection[str] | None = None) -> dict[str, Path]:
    """The file of each answer (``code``, ".py" or ".html", or one of ``PROSE``) by the id in its name, in their order.

    Raises InvalidInputError for a folder that is none or holds no answer, for two answers to one task, and, where the
    ids of all ``tasks`` are given, for answers to none of them.
    """
    if not folder.is_dir():
        raise InvalidInputError(
            f"--predictions {folder} is not a folder; give one with ID{code} or ID.md for every task"
        )
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in (code, *PROSE):
            continue
        if path.stem in found:
            raise InvalidInputError(f"{folder} holds two answers called {path.stem}; keep one")
        found[path.stem] = path
    if not found:
        raise InvalidInputError(f"--predictions {folder} holds no {code}, .md or .txt file")
    if tasks is not None and (strange := [name for name in found if name not in tasks]):
        raise InvalidInputError(
            f"{folder} holds {len(strange)} of {len(found)} answers to none of the tasks ({', '.join(strange[:3])}); "
            f"call each like its task's id ({', '.join(list(tasks)[:3])}, ...), or move it away"
        )
    return found


def read_text(path: Path) -> str:
    """Raises InvalidInputError naming the first byte that is no UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError(f"{path} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
