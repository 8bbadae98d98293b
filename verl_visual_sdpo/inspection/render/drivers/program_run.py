"""Running a program in a driver's process: as ``__main__`` and under the guard; what is told when it fails, and where
its frames stand. Shared by the drivers of charts and of slides, which run in the sandbox."""

from __future__ import annotations

import errno
import itertools
import json
import linecache
import os
import random
import sys
import traceback
import types
from collections.abc import Callable, Iterable, Iterator
from types import CodeType
from typing import Any

import numpy as np
from program_guard import Guard

PROGRAM = "<program>"
"""File name under which the program is compiled."""
TRACEBACK_CHARS = 8000
"""The end of a traceback that is kept."""
SEED = 0
"""Programs that draw unseeded random numbers still make the same thing, and so earn the same reward, each time."""

Chain = tuple[tuple[CodeType, int], ...]
"""The program's frames on the stack, deepest first, as (code, index of the instruction)."""


def execute(source: str, guard: Guard, finish: Callable[[], None]) -> tuple[str, dict[str, Any] | None]:
    """(status, error) of running the source as ``__main__``. ``finish`` takes what it left, also where it ended by
    ``sys.exit()``; what that raises counts as raised by the program."""
    module = types.ModuleType("__main__")
    module.__file__ = PROGRAM
    module.__builtins__ = guard.builtins()
    sys.modules["__main__"] = module
    sys.argv = [PROGRAM]
    linecache.cache[PROGRAM] = (len(source), None, source.splitlines(keepends=True), PROGRAM)
    excuse_folders()
    random.seed(SEED)
    np.random.seed(SEED)
    try:
        exec(compile(source, PROGRAM, "exec", dont_inherit=True), vars(module))
        finish()
    except SystemExit as end:
        if end.code not in (None, 0):
            return "runtime_error", _described(end)
        finish()
    except MemoryError as error:
        return "memory", _described(error) | {"message": str(error) or "the program took more memory than it may"}
    except SyntaxError as error:
        return "syntax_error" if error.filename == PROGRAM else "runtime_error", _described(error)
    except BaseException as error:  # whatever the program raises is data
        return "runtime_error", _described(error)
    return "ok", None


_make, _excused = os.mkdir, set()


def excuse_folders() -> None:
    """A program that makes a folder where nobody may write here (``/tmp/out``), to save its work there, goes on: what
    it saves is taken from it anyway, and a place for files is no fault of the picture.

    A driver that takes a seal calls this before; the seal would take it for the program's doing."""
    os.mkdir = _mkdir


def _mkdir(path: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
    try:
        _make(path, mode, dir_fd=dir_fd)
    except OSError as error:
        place = os.path.abspath(os.fspath(path))
        within = os.path.dirname(place) in _excused and isinstance(error, FileNotFoundError)
        if dir_fd is not None or not (isinstance(error, PermissionError) or error.errno == errno.EROFS or within):
            raise
        _excused.add(place)


def failure(kind: str, message: str) -> dict[str, Any]:
    """An error that no line of the program raised."""
    return {"type": kind, "message": message, "line": None, "traceback": ""}


def _described(error: BaseException) -> dict[str, Any]:
    frames = list(program_lines(error))
    start = error.__traceback__
    while start is not None and start.tb_frame.f_code.co_filename != PROGRAM:
        start = start.tb_next
    line = frames[-1] if frames else None
    if isinstance(error, SyntaxError) and error.filename == PROGRAM:
        line = error.lineno
    try:
        text = "".join(traceback.format_exception(type(error), error, start))
        message = str(error)
    except Exception:  # an exception of the program's own making may fail even to print
        text, message = "", ""
    return {"type": type(error).__name__, "message": message[:2000], "line": line, "traceback": text[-TRACEBACK_CHARS:]}


def program_lines(error: BaseException) -> Iterator[int]:
    """The program's lines (1-based) that an exception passed, outermost first; none where it was not involved."""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename == PROGRAM and line is not None:
            yield line


def positions(chain: Chain) -> Iterator[tuple[int, int]]:
    """(1-based line, UTF-8 byte column) of each frame, deepest first."""
    for code, instruction in chain:
        line, _, column, _ = next(itertools.islice(code.co_positions(), instruction // 2, None), (None,) * 4)
        yield (line or code.co_firstlineno), (column or 0)


def emit(report: dict[str, Any], files: Iterable[bytes], write: Callable[[bytes], None]) -> None:
    """One frame: 8 bytes (big-endian length of the JSON), the JSON, then the files one after the other."""
    text = json.dumps(report).encode()
    write(len(text).to_bytes(8, "big") + text)
    for file in files:
        write(file)
