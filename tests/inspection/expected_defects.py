"""What the comments of a program or a page expect to be found, and what is found of it."""

from __future__ import annotations

import re
from collections import Counter

from verl_visual_sdpo.inspection.detect import detect
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.render import Renderer
from verl_visual_sdpo.inspection.trace import blame

Lines = Counter[tuple[int, str]]
"""How often each (1-based line that is to blame, detector) occurs; line 0 for nobody's."""


def expectations(source: str, pattern: re.Pattern) -> Lines:
    """``pattern`` finds the comment of a line; its group 1 names detectors, separated by commas."""
    found: Lines = Counter()
    for number, line in enumerate(source.split("\n"), start=1):
        if match := pattern.search(line):
            found.update((number, detector.strip()) for detector in match[1].split(","))
    return found


def findings(source: str, domain: str, renderer: Renderer) -> tuple[Lines, str]:
    """What is found, each with the line that answers for it most, and the messages; the program must run."""
    program = bare_program(source, domain)
    rendering = renderer.render(program)
    assert rendering.execution.status == "ok", rendering.execution.error
    defects = [d for page, scene in enumerate(rendering.scenes) for d in detect(scene, page, domain=domain)[0]]
    blames = blame(program, rendering.scenes, defects, rendering.execution)
    line_of = {s.id: s.line for s in program.statements}
    first = {b.defect: line_of[b.statement] for b in reversed(blames)}  # sorted by responsibility: the first one stays
    found = Counter((first.get(i, 0), d.detector) for i, d in enumerate(defects))
    return found, "\n".join(d.message for d in defects)
