"""The reference of a task as our sandbox draws it."""

from __future__ import annotations

from verl_visual_sdpo.benchmarks.chartmimic.data import Example
from verl_visual_sdpo.benchmarks.results import BrokenReferenceError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.types import Execution, Rendering

OPTIONS = {"chartmimic": True}
"""Of a rendering: also record what the public scorer would note."""


def reference_rendering(example: Example, renderer: Renderer) -> Rendering:
    """Raises BrokenReferenceError naming task and reason."""
    rendering = renderer.render(bare_program(example.code), OPTIONS)
    if not rendering.execution.ok:
        raise BrokenReferenceError(f"{example.id}: {reason(rendering.execution)}")
    return rendering


def reason(execution: Execution) -> str:
    """Why a run failed, in a line."""
    error = execution.error
    if error is None:
        return execution.status
    where = f" (line {error.line})" if error.line else ""
    return f"{execution.status}: {execution.reason}{where}"[:300]
