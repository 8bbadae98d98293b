"""From an answer to the program that is run."""

from __future__ import annotations

from pathlib import Path

from verl_visual_sdpo.benchmarks.answers import answer_files
from verl_visual_sdpo.benchmarks.chartmimic.data import Split
from verl_visual_sdpo.inspection.program import bare_program, extract_program
from verl_visual_sdpo.types import Program, ProgramError

_FENCE, _CLOSE = "```python", "```"
_CUTS = ("plt.savefig(", "plt.show(")


def read_predictions(folder: Path, split: Split) -> dict[str, Path]:
    """The file of each chosen task's answer, by id: ``ID.py`` (a program) or ``ID.md``, ``ID.txt`` (a response).

    A task without a file is left out of the result: its program counts as failed. Raises InvalidInputError as
    :func:`answer_files` does.
    """
    chosen = {example.id for example in split.examples}
    return {name: path for name, path in answer_files(folder, ".py", split.ids).items() if name in chosen}


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
