"""The question a model is asked for one task: the prompt with the figure's size, then the picture."""

from __future__ import annotations

from typing import Any

from verl_visual_sdpo.benchmarks.chartmimic.answers import image_part
from verl_visual_sdpo.benchmarks.chartmimic.data import Example
from verl_visual_sdpo.benchmarks.chartmimic.references import reference_rendering
from verl_visual_sdpo.inspection.render import Renderer

PROMPT = """\
You program in Python, know matplotlib inside out, and turn pictures of charts back into code. The picture below comes \
from a STEM paper, and the program that drew it is lost. Write Python code that reproduces the picture.
The original size must be kept: set it with figsize=({width}, {height}).
Answer with the matplotlib code that draws this picture again."""
"""Asks for what the benchmark's Direct Mimic prompt asks for, in our words."""


def prompt(width: float, height: float) -> str:
    """The text of the question; ``width`` and ``height`` of the figure in inches."""
    return PROMPT.format(width=float(width), height=float(height))


def question(example: Example, renderer: Renderer) -> list[dict[str, Any]]:
    """The chat messages of a task. Size and picture come from the reference's program where no file has them; raises
    BrokenReferenceError when it does not draw."""
    size, picture = example.size, example.picture.read_bytes() if example.picture else None
    if size is None or picture is None:
        reference = reference_rendering(example, renderer)
        width, height = reference.record["chartmimic"]["figsize"]
        size = size or (round(width, 2), round(height, 2))
        picture = picture or reference.scenes[-1].image
    content = [{"type": "text", "text": prompt(*size)}, image_part(picture)]
    return [{"role": "user", "content": content}]
