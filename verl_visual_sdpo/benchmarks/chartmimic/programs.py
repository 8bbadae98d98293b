"""From an answer to the program that is run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from verl_visual_sdpo.benchmarks.chartmimic.data import Example
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.program import bare_program, extract_program
from verl_visual_sdpo.types import Program, ProgramError

ANSWER_SUFFIXES = (".py", ".md", ".txt")
_FENCE, _CLOSE = "```python", "```"
_CUTS = ("plt.savefig(", "plt.show(")


def read_predictions(folder: Path, examples: Sequence[Example]) -> dict[str, Path]:
    """The file of each task's answer, by id: ``ID.py`` (a program) or ``ID.md``, ``ID.txt`` (a model's response).

    A task without a file is left out of the result: its program counts as failed. Raises InvalidInputError for a
    folder that is none, holds no answer to any task, or two answers to one.
    """
    if not folder.is_dir():
        raise InvalidInputError(f"{folder} is not a folder; give one with ID.py or ID.md for every task")
    found: dict[str, Path] = {}
    wanted = {example.id for example in examples}
    for path in sorted(folder.iterdir()):
        if path.suffix in ANSWER_SUFFIXES and path.stem in wanted:
            if path.stem in found:
                raise InvalidInputError(f"{found[path.stem].name} and {path.name} in {folder} answer the same task")
            found[path.stem] = path
    if not found:
        raise InvalidInputError(f"{folder} answers none of the tasks; files are named like {examples[0].id}.py or .md")
    return found


def program_of(answer: str, example_id: str, *, response: bool, public: bool = True) -> Program:
    """The program that is run for an answer.

    As the benchmark takes it (``public``): the first closed ``python`` block of a response; everything from the first
    ``plt.savefig(`` or ``plt.show(`` on is dropped, and one ``plt.savefig`` appended. Otherwise as training takes it:
    the last block, unchanged. An answer without code has a ``problem``.
    """
    if not public:
        return extract_program(answer) if response else bare_program(answer)
    source = _first_block(answer) if response else answer
    for call in _CUTS:
        source = source.partition(call)[0]
    if not source.strip():
        return Program("", 0, (), ProgramError("NoProgram", f"the answer holds no closed {_FENCE} block with code"))
    return bare_program(f"{source.strip()}\nplt.savefig({f'{example_id}.pdf'!r})\n")


def _first_block(response: str) -> str:
    _, fence, rest = response.partition(_FENCE)
    code, close, _ = rest.partition(_CLOSE)
    return code if fence and close else ""
