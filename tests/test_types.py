"""The vocabulary: JSON there and back without loss, positions, and errors that name what does not fit."""

import json
from dataclasses import replace

import pytest

from verl_visual_sdpo.types import (
    Analysis,
    Blame,
    Box,
    Defect,
    Element,
    Evidence,
    Execution,
    Feedback,
    Owner,
    Program,
    ProgramError,
    Reward,
    Scene,
    Span,
    Statement,
    Undetermined,
)

SOURCE = "for x in (1, 2):\n    plot(x); show(x)\n"
RESPONSE = f"Here:\n```python\n{SOURCE}```"
AT = RESPONSE.index(SOURCE)
STATEMENTS = (
    Statement(0, Span(AT, AT + 16), 1, 1, "For"),
    Statement(1, Span(AT + 21, AT + 28), 2, 2, "Expr"),
    Statement(2, Span(AT + 30, AT + 37), 2, 2, "Expr"),
)
PROGRAM = Program(SOURCE, AT, STATEMENTS)


@pytest.fixture
def analysis():
    element = Element(
        7,
        "tick-label",
        Box(1.5, 2, 3, 4),
        text="–2 °C",
        style={"axis": "x", "font_size": 13.9},
        owners=(Owner(1, "created"), Owner(2, "styled", "font", 1, 5)),
        panel=3,
        clip=Box(0, 0, 9, 9),
        outline=((1.0, 2.0), (3.0, 4.0)),
    )
    return Analysis(
        domain="chart",
        program=PROGRAM,
        execution=Execution("ok", None, 0.25, "printed\n", ("rlimits", "seccomp")),
        scenes=(Scene((640, 480), (element,), b"\x89PNG\x00\xff"),),
        defects=(Defect("text-overlap", 0.5, (element.box,), (7,), 0.3, 0.0, "overlap", ("text",)),),
        undetermined=(Undetermined("low-contrast", "image behind", (7,)),),
        blames=(Blame(0, 1, 0.25, "created"), Blame(0, 2, 0.5, "styled"), Blame(-1, 2, 0.125, "mutated")),
        fidelity={"text": 0.5, "layout": None},
        reward=Reward(0.4, 1.0, 0.4, 0.8, 0.5, 1.0),
        feedback=Feedback("{}", "words"),
    )


def test_an_analysis_goes_to_json_and_back_without_loss(analysis):
    assert Analysis.from_json(analysis.to_json()) == analysis
    failed = Execution("runtime_error", ProgramError("NameError", "x", 2, "Traceback..."))
    assert Analysis.from_json(json.dumps(json.loads(analysis.to_json()))).execution.ok
    assert failed.error.line == 2 and not failed.ok


def test_a_dump_without_pictures_keeps_everything_else(analysis):
    small = Analysis.from_json(analysis.to_json(images=False))
    assert small.scene.image == b""
    assert small.scenes[0].elements == analysis.scenes[0].elements and small.blames == analysis.blames


def test_reading_names_the_first_field_that_does_not_fit(analysis):
    plain = json.loads(analysis.to_json())
    plain["scenes"][0]["size"] = [640]
    with pytest.raises(ValueError, match=r"\$\.scenes\[0\]\.size: expected 2 values"):
        Analysis.from_json(json.dumps(plain))
    plain = json.loads(analysis.to_json())
    plain["reward"]["bonus"] = 1
    with pytest.raises(ValueError, match=r"\$\.reward: expected only fields of Reward, not \['bonus'\]"):
        Analysis.from_json(json.dumps(plain))
    del plain["reward"]
    with pytest.raises(ValueError, match="field 'reward' of Analysis"):
        Analysis.from_json(json.dumps(plain))


def test_responsibility_of_a_statement_is_its_largest_over_all_defects(analysis):
    assert analysis.responsibilities() == {1: 0.25, 2: 0.5}


def test_evidence_carries_spans_in_the_response(analysis):
    evidence = Evidence.from_json(Evidence.of(analysis).to_json())
    assert evidence == Evidence.of(analysis)
    assert RESPONSE[evidence.code.start : evidence.code.end] == SOURCE
    texts = {RESPONSE[start:end]: resp for start, end, resp in evidence.responsibilities}
    assert texts == {"for x in (1, 2):": 0.0, "plot(x)": 0.25, "show(x)": 0.5}
    assert (evidence.defects, evidence.image) == (1, analysis.scene.image)


def test_of_several_pages_the_one_that_says_most_is_shown(analysis):
    scenes = tuple(replace(analysis.scenes[0], image=name) for name in (b"first", b"second", b"third"))
    defects = tuple(replace(analysis.defects[0], page=page, severity=0.4) for page in (0, 2, 1, 2))
    assert Evidence.of(replace(analysis, scenes=scenes, defects=defects)).image == b"third"
    for few in (defects[:2], ()):
        assert Evidence.of(replace(analysis, scenes=scenes, defects=few)).image == b"first"


def test_statement_at_finds_the_innermost_by_line_and_column():
    assert PROGRAM.statement_at(1).id == 0
    assert PROGRAM.statement_at(2, 4).id == 1
    assert PROGRAM.statement_at(2, 13).id == 2
    assert PROGRAM.statement_at(3) is None


def test_unknown_statuses_and_ties_are_refused():
    with pytest.raises(ValueError, match="'exploded' is not one of ok,"):
        Execution("exploded")
    with pytest.raises(ValueError, match="'owned' is not one of created,"):
        Owner(0, "owned")


def test_an_unknown_element_says_how_many_there_are(analysis):
    with pytest.raises(KeyError, match="no element 99; it has 1"):
        analysis.scene.element(99)
