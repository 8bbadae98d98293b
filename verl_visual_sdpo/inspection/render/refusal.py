"""Programs that are not run at all: there is none, it does not parse, or the screen forbids it."""

from __future__ import annotations

from collections.abc import Set

from verl_visual_sdpo.inspection.sandbox.screen import screen
from verl_visual_sdpo.types import Execution, Program, Rendering


def refused(program: Program, allowed_imports: Set[str] | None) -> Rendering | None:
    """The end of a Python program that need not be run; None where it must be. Without ``allowed_imports`` (None)
    nothing is screened."""
    if program.problem is not None:
        status = "no_program" if program.problem.type == "NoProgram" else "syntax_error"
        return Rendering(Execution(status, program.problem))
    error = screen(program.source, allowed_imports) if allowed_imports is not None else None
    return Rendering(Execution("forbidden", error)) if error is not None else None
