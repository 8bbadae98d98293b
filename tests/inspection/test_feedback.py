"""The rubric and the words: complete where there is room, honest about what was left out where there is not."""

import json

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.feedback import Budget, describe, shorten, write_feedback
from verl_visual_sdpo.types import Box, Defect, Element, Execution, Program, ProgramError, Scene

BOX = Box(0, 0, 10, 10)
SCENE = Scene(
    (640, 480),
    (
        Element(0, "title", BOX, text="Sales by\nyear"),
        Element(1, "tick-label", BOX, text="2019", style={"axis": "x"}),
        Element(2, "line", BOX),
    ),
)
PROGRAM = Program("import x\nplt.plot(missing)\n", 0, ())
OK = Execution("ok")


def defect(severity, *ids, message="", page=0):
    return Defect("text-overlap", severity, (BOX,) * len(ids), ids, 0.4321, 0.0, message, page=page)


def write(defects=(), likeness=None, budget=None, execution=OK, scenes=(SCENE,)):
    return write_feedback(PROGRAM, execution, scenes, defects, likeness or {}, budget or Budget())


def test_the_rubric_lists_defects_worst_first_with_elements_and_likeness():
    feedback = write([defect(0.25, 2), defect(0.876, 0, 1)], {"text": 0.8, "color": None})
    assert json.loads(feedback.rubric) == {
        "defects": [
            {
                "what": "text-overlap",
                "severity": 0.88,
                "of": ["title: Sales by year", "tick-label (x): 2019"],
                "measured": 0.432,
                "required": 0.0,
            },
            {"what": "text-overlap", "severity": 0.25, "of": ["line"], "measured": 0.432, "required": 0.0},
        ],
        "likeness": {"text": 0.8},
    }


def test_the_words_number_the_same_defects():
    words = write([defect(0.2, 2), defect(0.9, 0, message="The title runs into a tick label.")], {"text": 0.8}).words
    assert words.splitlines() == [
        "1. The title runs into a tick label.",
        "2. text-overlap: line; 0.432, required 0.0.",
        "Likeness to the reference: text 0.80.",
    ]


def test_a_clean_picture_says_so():
    feedback = write()
    assert json.loads(feedback.rubric) == {"defects": []}
    assert feedback.words == "No defects were found in the picture."


def test_a_small_budget_keeps_the_worst_and_counts_the_rest():
    many = [defect(n / 20, 0, message=f"Defect of severity {n / 20}") for n in range(1, 21)]
    feedback = write(many, {"text": 1.0}, Budget(rubric_chars=300, words_chars=120))
    table = json.loads(feedback.rubric)
    assert len(feedback.rubric) <= 300 and len(feedback.words) <= 120
    assert table["defects"][0]["severity"] == 1.0
    assert table["more"] + len(table["defects"]) == 20
    assert table["likeness"] == {"text": 1.0}
    assert "more defects." in feedback.words
    assert len(json.loads(write(many, budget=Budget(rubric_chars=1)).rubric)["defects"]) == 1


def test_a_failure_tells_status_error_line_and_the_end_of_the_traceback():
    trace = 'Traceback:\n  File "program.py", line 2, in <module>\n    plt.plot(missing)\n    ~~~^^^\nNameError: no'
    error = ProgramError("NameError", "name 'missing' is not defined", 2, trace)
    feedback = write(execution=Execution("runtime_error", error), scenes=(), budget=Budget(traceback_lines=2))
    assert json.loads(feedback.rubric) == {
        "status": "runtime_error",
        "error": "NameError: name 'missing' is not defined",
        "line": 2,
        "code": "plt.plot(missing)",
    }
    assert feedback.words.splitlines() == [
        "The program failed while it ran.",
        "NameError: name 'missing' is not defined",
        "Line 2: plt.plot(missing)",
        '  File "program.py", line 2, in <module>',
        "    plt.plot(missing)",
    ]


@pytest.mark.parametrize("status", ["timeout", "no_program", "no_output"])
def test_a_failure_without_an_error_is_told_by_its_status(status):
    feedback = write(execution=Execution(status), scenes=())
    assert json.loads(feedback.rubric) == {"status": status}
    assert feedback.words.endswith(".")


def test_lone_surrogates_of_a_program_do_not_reach_the_teacher():
    feedback = write(execution=Execution("runtime_error", ProgramError("ValueError", "\ud800 here", 1)), scenes=())
    for text in (feedback.rubric, feedback.words):
        assert "? here" in text.encode("utf-8").decode("utf-8")


def test_a_line_beyond_the_program_is_left_out():
    feedback = write(execution=Execution("syntax_error", ProgramError("SyntaxError", "eof", 99)), scenes=())
    assert json.loads(feedback.rubric) == {"status": "syntax_error", "error": "SyntaxError: eof"}


def test_names_of_pages_appear_where_there_are_several():
    feedback = write([defect(0.5, 2, page=1)], scenes=(SCENE, SCENE))
    assert json.loads(feedback.rubric)["defects"][0]["page"] == 2
    assert "(figure 2)" in feedback.words
    assert json.loads(feedback.rubric)["picture"] == "figure 2 of 2" in feedback.words
    calm = write([], scenes=(SCENE, SCENE))
    assert "The picture shows figure 1 of 2." in calm.words and "picture" not in json.loads(write([]).rubric)


def test_elements_are_named_by_kind_and_shortened_text():
    assert describe(Element(0, "text", BOX, text="a" * 50), 10) == "text: aaaaaaa..."
    assert shorten("abcdef", 2) == ".."


def test_a_budget_below_one_is_refused():
    with pytest.raises(InvalidInputError, match="rubric_chars=0"):
        Budget(rubric_chars=0)
