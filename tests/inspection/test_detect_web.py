"""Small pages whose comments name the defect and stand on the line that is to blame, in CSS or HTML.

``/* expect: low-contrast */`` says that a statement of this line has the largest responsibility for one defect of that
kind. What no comment expects must not be found: the files named ``clean_*`` expect nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from verl_visual_sdpo.inspection.detect import detect, detectors_of
from verl_visual_sdpo.inspection.domains import default_renderer
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.trace import blame

FILES = sorted((Path(__file__).parent / "eval_files_web").glob("*.html"))
EXPECTED = re.compile(r"(?:/\*|<!--)\s*expect:\s*([a-z, -]+?)\s*(?:\*/|-->)")


def expectations(source: str) -> Counter[tuple[int, str]]:
    found: Counter[tuple[int, str]] = Counter()
    for number, line in enumerate(source.split("\n"), start=1):
        if match := EXPECTED.search(line):
            found.update((number, detector.strip()) for detector in match[1].split(","))
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_defects_and_their_lines(path):
    source = path.read_text(encoding="utf-8")
    program = bare_program(source, "web")
    rendering = default_renderer("web").render(program)
    assert rendering.execution.status == "ok", rendering.execution.error
    (scene,) = rendering.scenes
    defects, _ = detect(scene, domain="web")
    blames = blame(program, rendering.scenes, defects, rendering.execution)

    lines = {s.id: s.line for s in program.statements}
    first = {b.defect: lines[b.statement] for b in reversed(blames)}  # sorted by responsibility: the first one stays
    found = Counter((first.get(i, 0), d.detector) for i, d in enumerate(defects))
    assert found == expectations(source), "\n".join(d.message for d in defects)


def test_every_detector_has_a_file_and_every_expectation_a_detector():
    expected = {detector for path in FILES for _, detector in expectations(path.read_text(encoding="utf-8"))}
    assert expected == {detector.id for detector in detectors_of("web")}
