"""Which frame of a call chain chose a value, read from programs with marked lines."""

import pytest

from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.trace import blame
from verl_visual_sdpo.inspection.trace.arguments import Arguments
from verl_visual_sdpo.types import Box, Defect, Element, Execution, Owner, Scene

SOURCE = """\
class Deck:
    def __init__(self, slide, margin=0.5):
        self.slide = slide
        self.note = slide.shapes.add_textbox(Inches(margin), 0, 1, 1)
    def card(self, text, left, size=18):
        x = Inches(left)
        box = self.slide.shapes.add_textbox(x, Inches(1), Inches(2), Inches(1))
        box.text_frame.text = text.upper()
        box.text_frame.paragraphs[0].font.size = Pt(size)
        box.fill.fore_color.rgb = RED
def label(ax, x, words):
    ax.text(x, 1, words, fontsize=4)
def row(deck, texts, gap):
    for n, text in enumerate(texts):
        deck.card(text, n * gap)
deck = Deck(slide, 3)
row(deck, ["a", "b"], 4)
deck.card("c", 2, size=40)
label(ax, 0.5, "here")
deck.card(*values)
"""
CASES = {
    "a constructor's argument": ((4, 16), "left", 16),
    "a default that the call leaves alone": ((9, 15, 17), "size", 9),
    "a keyword of the call": ((9, 18), "size", 18),
    "through a local name": ((7, 18), "left", 18),
    "through two calls and a loop": ((7, 15, 17), "left", 17),
    "through a method of the value": ((8, 18), "text", 18),
    "a constant of the helper": ((10, 18), "color", 10),
    "a keyword says which value is meant": ((12, 19), "size", 12),
    "the others are all the rest": ((12, 19), "text", 19),
    "arguments that are unpacked": ((7, 20), "left", 20),
    "no call": ((18,), "left", 18),
}


def line_of(program, statement):
    return next(s.line for s in program.statements if s.id == statement)


@pytest.mark.parametrize("case", CASES)
def test_the_frame_that_chose_the_value(case):
    lines, prop, expected = CASES[case]
    program = bare_program(SOURCE, "slide")
    chain = [program.statement_at(line).id for line in lines]
    assert line_of(program, chain[Arguments(program).chosen_at(chain, prop)]) == expected


def test_what_is_no_python_leaves_the_deepest():
    program = bare_program("<p>here</p>", "web")
    assert Arguments(program).chosen_at([0, 0], "left") == 0


def test_the_call_that_passed_the_value_answers_most_and_its_helper_half():
    program = bare_program(SOURCE, "slide")
    ids = {line: program.statement_at(line).id for line in (7, 10, 18)}
    made = [Owner(ids[7], "created", "*", 0, 1), Owner(ids[18], "created", "*", 1, 1)]
    painted = [Owner(ids[10], "mutated", "color", 0, 2), Owner(ids[18], "mutated", "color", 1, 2)]
    box = Element(0, "text-box", Box(0, 0, 9, 9), "c", owners=(*made, *painted))

    def shares(prop):
        defect = Defect("any", 1.0, (box.box,), (0,), 1, 0, "", (prop,))
        found = blame(program, [Scene((20, 20), (box,))], [defect], Execution("ok"))
        return {line_of(program, b.statement): b.responsibility for b in found}

    assert shares("left") == {18: 1.0, 7: 0.5, 10: 0.25}
    assert shares("color") == {10: 1.0, 18: 0.5, 7: 0.25}
