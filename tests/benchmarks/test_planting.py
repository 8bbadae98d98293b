"""The planted charts are what the benchmark says: programs that differ from a clean one in the named statement."""

import ast
import random

import pytest
from chart_programs import GENERATORS
from planting import PLANTERS, as_pyplot, controls

from verl_visual_sdpo.inspection.detect import DETECTORS


def charts(seed):
    for generator in GENERATORS:
        rng = random.Random(f"{seed}/{generator.__name__}")
        yield generator(rng), rng


def test_every_detector_has_a_planter():
    assert set(PLANTERS) == {detector.id for detector in DETECTORS}


@pytest.mark.parametrize("kind", PLANTERS)
def test_the_named_line_is_the_planted_statement(kind):
    planted = [(chart, PLANTERS[kind](chart, rng)) for seed in range(3) for chart, rng in charts(seed)]
    planted = [(chart, spoilt) for chart, spoilt in planted if spoilt is not None]
    assert planted
    for chart, spoilt in planted:
        lines = spoilt.source.split("\n")
        assert lines[spoilt.line - 1].strip() == spoilt.statement
        assert spoilt.statement not in chart.source
        starts = {node.lineno for node in ast.walk(ast.parse(spoilt.source)) if isinstance(node, ast.stmt)}
        assert spoilt.line in starts


def test_pyplot_words_keep_the_lines():
    for chart, _ in charts(0):
        spoken = as_pyplot(chart.source)
        ast.parse(spoken)
        assert spoken.count("\n") == chart.source.count("\n")


def test_controls_are_programs_and_change_something():
    for chart, _ in charts(0):
        for name, source in controls(chart):
            ast.parse(source)
            assert source != chart.source or name == "title to the left"
