"""What the tests of slides share: one warm renderer, and small words for decks and what is seen of them."""

from __future__ import annotations

import functools
import os
import textwrap

import pytest

from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program
from verl_visual_sdpo.inspection.render.slide import SlideRenderer
from verl_visual_sdpo.types import Element, Program, Rendering, Scene

needs_office = pytest.mark.skipif(
    find_program() is None and os.geteuid() != 0,
    reason="no LibreOffice here, and only root can install it: apt-get install libreoffice-impress-nogui",
)
"""As root its absence is a failure: ``tests/run.sh`` installs it."""

HEAD = """
from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Inches, Pt
prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
"""


@functools.cache
def renderer() -> SlideRenderer:
    """One for the whole run of tests: its workers end with the process."""
    return SlideRenderer(cache_size=0)


def program(source: str, head: str = HEAD) -> Program:
    return bare_program(head.lstrip() + textwrap.dedent(source), "slide")


def render(source: str, head: str = HEAD, **options) -> Rendering:
    return renderer().render(program(source, head), options)


def shown(source: str, head: str = HEAD, **options) -> Scene:
    """The first slide of a program that must run."""
    rendering = render(source, head, **options)
    assert rendering.execution.ok, rendering.execution
    return rendering.scenes[0]


def one(scene: Scene, kind: str, text: str = "") -> Element:
    (found,) = [e for e in scene.elements if e.kind == kind and text in e.text]
    return found


def owners(element: Element, source: Program) -> list[tuple[str, str, str, int]]:
    """(source of the line, tie, prop, depth) of each owner."""
    lines = source.source.splitlines()
    line_of = {s.id: s.line for s in source.statements}
    return [(lines[line_of[o.statement] - 1].strip(), o.tie, o.prop, o.depth) for o in element.owners]
