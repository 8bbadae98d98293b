"""What ``inspect`` and ``score`` have in common: the files to look at, the reference, the renderer's settings."""

from __future__ import annotations

import argparse
import functools
import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from verl_visual_sdpo.errors import InvalidInputError

if TYPE_CHECKING:
    from verl_visual_sdpo.inspection.pipeline import Renderer, Tracing
    from verl_visual_sdpo.types import Analysis, Program

PROSE = frozenset({".md", ".markdown", ".txt"})  # responses: the program is the last fenced block, or there is none
SUFFIXES = {".py": "chart", ".html": "web", ".htm": "web", ".xhtml": "web"}
"""What a program file draws where nobody says."""
_MAKES_SLIDES = re.compile(rb"^\s*(import|from) +pptx\b", re.MULTILINE)
_IS_PAGE = re.compile(rb"\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_HOLDS_PAGE = re.compile(rb"(^|\\n|\")[ \t]*```+[ \t]*x?html?\b", re.IGNORECASE | re.MULTILINE)
_HOLDS_PYTHON = re.compile(rb"```+[ \t]*(py|python3?)\b", re.IGNORECASE)
"""Fences of a response, also where JSON writes its new lines out."""
RESPONSES = PROSE | {".jsonl"}
LOOKED_AT = 1 << 20
"""Bytes at the head of a file that tell what it draws."""


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """FILE, --domain, --reference, --policy, --timeout."""
    parser.add_argument(
        "file", metavar="FILE", help="a .py or .html program, a .md/.txt response with a code fence, or - (stdin)"
    )
    add_run_arguments(parser)


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """--domain, --reference, --policy, --timeout."""
    parser.add_argument(
        "--domain",
        metavar="NAME",
        help="what the program draws: chart, web, slide, or a domain that another installed package adds (default: web "
        "for .html and html fences, slide for what imports pptx, else chart)",
    )
    parser.add_argument(
        "--reference", metavar="REF", help="reference program to compare with (.py, .html, or a .md/.txt fence)"
    )
    parser.add_argument(
        "--policy",
        choices=("strict", "permissive"),
        default="strict",
        help="where an isolation layer does not hold: strict refuses, permissive warns and goes on (default: strict)",
    )
    parser.add_argument("--timeout", type=float, default=10.0, metavar="S", help="seconds the program may take (10)")


def analyse_file(arguments: argparse.Namespace, tracing: Tracing | None = None) -> tuple[Analysis, str]:
    """Analyse what the arguments name; returns the analysis and the text of FILE. ``tracing``: None for introspection.

    Raises InvalidInputError for files that cannot be read or a reference that does not draw.
    """
    from verl_visual_sdpo.inspection.pipeline import analyse_program, tracing_of
    from verl_visual_sdpo.types import Task

    check_timeout(arguments)
    settle_domain(arguments, [arguments.file])
    text = read_text(arguments.file)
    program = program_of(arguments.file, text, arguments.domain)
    reference = read_reference(arguments.reference) if arguments.reference else ""
    renderer = renderer_for(arguments)
    task = Task(arguments.domain, reference=reference)
    return analyse_program(program, task, renderer, tracing=tracing or tracing_of()), text


def renderer_for(arguments: argparse.Namespace, **more: Any) -> Renderer:
    """The renderer of --domain, with those of --policy, --timeout and ``more`` that it takes."""
    from verl_visual_sdpo.inspection.domains import default_renderer, domain_of

    settings = {"policy": arguments.policy, "timeout": arguments.timeout, **more}
    taken = domain_of(arguments.domain).renderer_settings
    return default_renderer(arguments.domain, **{name: settings[name] for name in settings if name in taken})


def settle_domain(arguments: argparse.Namespace, paths: Sequence[str]) -> None:
    """Where no --domain was given, take what most program files among ``paths`` draw (of folders: those in them).

    Raises InvalidInputError for one that neither we nor an installed package have.
    """
    from verl_visual_sdpo.inspection.domains import domain_of

    if arguments.domain is not None:
        domain_of(arguments.domain)
    else:
        files = [file for path in map(Path, paths) for file in (path.iterdir() if path.is_dir() else [path])]
        found = Counter(drawn for file in files if (drawn := _drawn(file)))
        arguments.domain = found.most_common(1)[0][0] if found else "chart"


def _drawn(file: Path) -> str | None:
    """What a file seems to draw, by its suffix, its imports and its fences; None for what tells nothing."""
    suffix = file.suffix.lower()
    drawn = SUFFIXES.get(suffix)
    if drawn == "web" or not (drawn or suffix in RESPONSES or str(file) == "-"):
        return drawn
    head = _head(str(file))
    if _MAKES_SLIDES.search(head):
        return "slide"
    is_page = _IS_PAGE.match(head) or (_HOLDS_PAGE.search(head) and not _HOLDS_PYTHON.search(head))
    return "web" if drawn is None and is_page else drawn


def _head(name: str) -> bytes:
    """The first LOOKED_AT bytes; none of what cannot be read, which whoever reads it for good says."""
    try:
        if name == "-":
            return _whole(sys.stdin.buffer)[:LOOKED_AT]
        with Path(name).open("rb") as file:
            return file.read(LOOKED_AT)
    except OSError:
        return b""


@functools.lru_cache(maxsize=1)
def _whole(stream: BinaryIO) -> bytes:
    """Standard input: it can be read once, and is asked twice, for what it draws and for what it says."""
    return stream.read()


def check_timeout(arguments: argparse.Namespace) -> None:
    """Raises InvalidInputError for a --timeout that no program can keep."""
    if not arguments.timeout > 0:
        raise InvalidInputError(f"--timeout {arguments.timeout:g} must be above 0 seconds")


def first_line(text: str, program: Program) -> int:
    """The line of the file on which the program's line 1 stands (1 for a program file)."""
    return text.count("\n", 0, program.offset) + 1


def write(path: str, content: str | bytes) -> None:
    """Write a result; ``-`` is standard output. Raises InvalidInputError where that cannot be done."""
    data = content.encode() if isinstance(content, str) else content
    try:
        if path == "-":
            sys.stdout.buffer.write(data + b"\n")
        else:
            Path(path).write_bytes(data)
    except OSError as error:
        raise InvalidInputError(f"cannot write {path}: {error.strerror}") from error


def program_of(name: str, text: str, domain: str) -> Program:
    """The program in a file's text: all of it for .py and .html, the last fence for prose; else whichever fits."""
    from verl_visual_sdpo.inspection.program import bare_program, extract_program

    suffix = Path(name).suffix.lower()
    if suffix in SUFFIXES:
        return bare_program(text, domain)
    found = extract_program(text, domain)
    return found if found.source or suffix in PROSE else bare_program(text, domain)


def read_reference(name: str) -> str:
    """The text of a reference. Raises InvalidInputError where it cannot be read or says nothing."""
    text = read_text(name)
    if not text.strip():
        raise InvalidInputError(f"--reference {name} is empty; give a program that draws, or leave it out")
    return text


def read_text(name: str) -> str:
    """The text of a file, or of standard input for ``-``. Raises InvalidInputError where it cannot be read."""
    try:
        data = _whole(sys.stdin.buffer) if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        if isinstance(error, UnicodeDecodeError):
            raise InvalidInputError(f"{name} is not UTF-8 text (byte {error.start}); save it as UTF-8") from error
        raise InvalidInputError(f"cannot read {name}: {getattr(error, 'strerror', None) or error}") from error
