"""Small pages whose comments name the defect and stand on the line that is to blame, in CSS or HTML.

``/* expect: low-contrast */`` says that a statement of this line has the largest responsibility for one defect of that
kind. What no comment expects must not be found: the files named ``clean_*`` expect nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from expected_defects import expectations, findings

from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.inspection.domains import default_renderer

FILES = sorted((Path(__file__).parent / "eval_files_web").glob("*.html"))
EXPECTED = re.compile(r"(?:/\*|<!--)\s*expect:\s*([a-z, -]+?)\s*(?:\*/|-->)")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_defects_and_their_lines(path):
    source = path.read_text(encoding="utf-8")
    found, messages = findings(source, "web", default_renderer("web"))
    assert found == expectations(source, EXPECTED), messages


def test_every_detector_has_a_file_and_every_expectation_a_detector():
    expected = {detector for path in FILES for _, detector in expectations(path.read_text(encoding="utf-8"), EXPECTED)}
    assert expected == {detector.id for detector in detectors_of("web")}
