"""Who answers for a defect, on scenes whose writers are known."""

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.trace import TIES_OURS, blame
from verl_visual_sdpo.inspection.trace.dataflow import data_sources
from verl_visual_sdpo.types import (
    Box,
    Defect,
    Element,
    Execution,
    Owner,
    Program,
    ProgramError,
    Scene,
    Span,
    Statement,
)

OK = Execution("ok")
SOURCE = "\n".join(f"call_{k}()" for k in range(8))
PROGRAM = Program(SOURCE, 0, tuple(Statement(k, Span(9 * k, 9 * k + 8), k + 1, k + 1, "Expr") for k in range(8)))
LABEL, AXES = Box(10, 10, 60, 20), Box(0, 0, 400, 300)


def element(id, *owners, kind="text", box=LABEL, **containers):
    return Element(id, kind, box, "a", owners=owners, **containers)


def defect(*elements, props=("color",), severity=0.8):
    return Defect(
        "low-contrast", severity, tuple(e.box for e in elements), tuple(e.id for e in elements), 1, 4.5, "", props
    )


def resp(elements, found, ties="ours"):
    blames = blame(PROGRAM, [Scene((400, 300), tuple(elements))], [found], OK, ties)
    return {b.statement: b.responsibility for b in blames}


def test_the_last_writer_of_the_property_answers_most():
    e = element(
        0,
        Owner(0, "created"),
        Owner(1, "mutated", "color", order=1),
        Owner(2, "mutated", "color", order=2),
        Owner(3, "mutated", "position", order=3),
        kind="axis-label",
    )
    found = resp([e], defect(e))
    assert found[2] == pytest.approx(0.8)
    assert found[0] == pytest.approx(0.8 * TIES_OURS["created"])
    assert found[1] == found[3] == pytest.approx(0.8 * TIES_OURS["mutated"])


def test_properties_are_asked_in_the_order_of_the_defect():
    e = element(0, Owner(1, "mutated", "text", order=5), Owner(2, "mutated", "size", order=3), kind="title")
    assert max(resp([e], defect(e, props=("size", "text"))).items(), key=lambda kv: kv[1])[0] == 2
    assert max(resp([e], defect(e, props=("text", "size"))).items(), key=lambda kv: kv[1])[0] == 1


def test_the_creator_answers_when_nobody_wrote_the_property():
    e = element(0, Owner(0, "created"), Owner(1, "mutated", "position", order=1), kind="title")
    found = resp([e], defect(e))
    assert found == {0: pytest.approx(0.8), 1: pytest.approx(0.8 * TIES_OURS["mutated"])}


def test_creating_a_text_decides_all_of_it_but_creating_an_axes_decides_none_of_its_title():
    note, title = (
        element(0, Owner(1, "created")),
        element(1, Owner(0, "created"), Owner(2, "mutated", "text"), kind="title", panel=9),
    )
    found = resp([note, title], defect(note, title, props=("position", "text")))
    assert found[1] == pytest.approx(0.8) and found[2] == pytest.approx(0.8 * TIES_OURS["mutated"] * 0.5)
    alone = resp([title], defect(title, props=("position", "text")))
    assert alone[2] == pytest.approx(0.8)


def test_layout_written_on_the_figure_reaches_what_stands_in_it():
    figure = element(0, Owner(0, "created"), Owner(3, "mutated", "layout", order=9), kind="figure", box=AXES)
    axes = element(1, Owner(0, "created"), kind="axes", box=AXES)
    label = element(2, Owner(0, "created"), Owner(1, "mutated", "text", order=1), kind="axis-label", panel=1)
    found = resp([figure, axes, label], defect(label, props=("layout", "text")))
    assert max(found, key=found.get) == 3
    found = resp([figure, axes, label], defect(label, props=("text", "layout")))
    assert max(found, key=found.get) == 1 and 0 < found[3] < found[1]


def test_a_loop_answers_fully_for_the_one_element_that_is_wrong():
    drawn = [element(k, Owner(2, "created"), box=Box(20 * k, 0, 20 * k + 10, 10)) for k in range(10)]
    assert resp(drawn, defect(drawn[7])) == {2: pytest.approx(0.8)}
    assert resp(drawn, defect(drawn[7]), ties="paper") == {2: pytest.approx(0.8)}


def test_the_caller_of_a_helper_has_a_smaller_share():
    e = element(0, Owner(3, "created", depth=0, order=4), Owner(6, "created", depth=1, order=4))
    assert resp([e], defect(e)) == {3: pytest.approx(0.8), 6: pytest.approx(0.4)}


def test_paper_ties_are_iou_times_severity_for_everybody():
    axes = element(0, Owner(0, "created"), kind="axes", box=Box(0, 0, 100, 100))
    label = element(1, Owner(1, "created"), Owner(2, "styled", "color"), box=Box(0, 0, 50, 100))
    found = resp([axes, label], defect(label), ties="paper")
    assert found == {0: pytest.approx(0.4), 1: pytest.approx(0.8), 2: pytest.approx(0.8)}


def test_order_is_by_defect_then_responsibility():
    a = element(0, Owner(5, "created"), Owner(1, "mutated", "position", order=2))
    found = blame(PROGRAM, [Scene((400, 300), (a,))], [defect(a, severity=0.5), defect(a)], OK)
    assert [(b.defect, b.statement) for b in found] == [(0, 5), (0, 1), (1, 5), (1, 1)]


def test_an_element_that_nobody_owns_is_blamed_on_nobody():
    e = element(0)
    assert resp([e], defect(e)) == {}


def test_each_page_has_its_own_scene():
    first, second = element(0, Owner(1, "created")), element(0, Owner(4, "created"))
    on_second = Defect("low-contrast", 1.0, (LABEL,), (0,), 1, 4.5, "", ("color",), page=1)
    found = blame(PROGRAM, [Scene((400, 300), (first,)), Scene((400, 300), (second,))], [on_second], OK)
    assert [b.statement for b in found] == [4]


class TestFailedRuns:
    def test_the_line_of_the_traceback(self):
        failed = Execution("runtime_error", ProgramError("NameError", "x", line=4))
        (only,) = blame(PROGRAM, [], [], failed)
        assert (only.defect, only.statement, only.responsibility, only.tie) == (-1, 3, 1.0, "created")

    def test_a_line_on_which_nothing_starts_goes_to_the_statement_before(self):
        failed = Execution("syntax_error", ProgramError("SyntaxError", "unclosed", line=20))
        assert [b.statement for b in blame(PROGRAM, [], [], failed)] == [7]

    def test_no_line_no_blame(self):
        assert blame(PROGRAM, [], [], Execution("timeout", ProgramError("Timeout", "10 s"))) == ()


def test_unknown_ties_are_refused():
    with pytest.raises(InvalidInputError, match="'ours' or 'paper'"):
        blame(PROGRAM, [], [], OK, ties="mine")


class TestDataSlice:
    SOURCE = "\n".join(
        [
            "import numpy as np",
            "names = ['a', 'b']",
            "labels = []",
            "for name in names:",
            "    labels.append(name * 9)",
            "other = [1]",
            "ax.set_xticks([0, 1], labels)",
        ]
    )

    def test_values_are_followed_back_to_the_statements_that_made_them(self):
        program = bare_program(self.SOURCE)
        at = {s.line: s.id for s in program.statements}
        hops = data_sources(program)[at[7]]
        assert hops == {at[5]: 1, at[3]: 2, at[4]: 2, at[2]: 3}
        assert at[1] not in hops and at[6] not in hops

    def test_a_value_answers_half_as_much_with_every_hop_and_only_when_asked(self):
        program = bare_program(self.SOURCE)
        at = {s.line: s.id for s in program.statements}
        labels = element(0, Owner(at[7], "mutated", "text", order=3), kind="tick-label")
        scenes, found = [Scene((400, 300), (labels,))], [defect(labels, props=("text",))]
        plain = {b.statement: b.responsibility for b in blame(program, scenes, found, OK)}
        sliced = {b.statement: b.responsibility for b in blame(program, scenes, found, OK, data_slice=True)}
        assert plain == {at[7]: pytest.approx(0.8)}
        assert sliced[at[7]] == pytest.approx(0.8) and sliced[at[5]] == pytest.approx(0.4)
        assert max(sliced, key=sliced.get) == at[7]

    def test_a_function_sees_its_own_names_and_then_the_module(self):
        program = bare_program("size = 9\nword = 'x'\ndef f():\n    word = 'y'\n    draw(word, size)\nf()")
        at = {s.line: s.id for s in program.statements}
        assert set(data_sources(program)[at[5]]) == {at[4], at[1]}


def test_who_laid_a_table_over_a_text_answers_for_its_words_a_little():
    text = element(0, Owner(1, "created"))
    table = Element(1, "table", AXES, owners=(Owner(2, "created"), Owner(3, "mutated", "top", order=4)))
    cell = Element(2, "table-cell", LABEL, parent=1, owners=(Owner(2, "created"),))
    words = Element(3, "cell-text", LABEL, "b", parent=2, owners=(Owner(4, "created"),))
    found = resp([text, table, cell, words], defect(text, words, props=("top",)))
    assert found[1] == max(found.values()) > found[4] > found[3] == found[2] > 0
