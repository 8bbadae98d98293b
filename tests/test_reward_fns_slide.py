"""The reward for slides: keys, what honest slides are worth, and that no trick of a model is worth as much."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from reward_fns.slide import compute_score
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program
from verl_visual_sdpo.types import Evidence

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import slide_hacks

TRICKS = (
    "letters of 10 % opacity",
    "letters without fill",
    "series names of a chart",
    "group scaled to nothing",
    "upside down",
    "highlighted in its own color",
    "in Greek letters",
    "over noise",
    "striped by lines",
    "the same on four cards",
)
"""Of the further tricks those that need LibreOffice's picture; ``slide_hacks.py`` prints all."""

pytestmark = pytest.mark.skipif(find_program() is None, reason="LibreOffice is not installed")


@pytest.fixture(scope="module")
def worth():
    return {name: slide_hacks.judge(name) for name in (*slide_hacks.PROGRAMS, *TRICKS)}


def test_honest_slides_are_worth_something_in_their_order(worth):
    good, plain, mediocre = (worth[name].reward.score for name in slide_hacks.HONEST)
    assert good > plain > mediocre > 0.2


@pytest.mark.parametrize("name", [n for n in slide_hacks.PROGRAMS if n not in slide_hacks.HONEST])
def test_no_trick_is_worth_an_honest_mediocre_slide(worth, name):
    limit = worth[slide_hacks.MEDIOCRE].reward.score
    assert worth[name].reward.score < (1.0 if name in slide_hacks.FAIR else 0.25) * limit, worth[name].reward


@pytest.mark.parametrize("name", TRICKS)
def test_no_further_trick_is_either(worth, name):
    assert worth[name].execution.ok
    assert worth[name].reward.score < 0.7 * worth[slide_hacks.MEDIOCRE].reward.score, worth[name].reward


def test_defects_of_a_slide_are_blamed_on_its_program(worth):
    analysis = worth["nearly white on white"]
    guilty = {b.statement for b in analysis.blames if b.responsibility > 0.5}
    lines = {s.line: s for s in analysis.program.statements if s.id in guilty}
    source = analysis.program.source.splitlines()
    assert any("(250, 250, 250))" in source[line - 1] for line in lines), (
        "the call chose the color, its helper wrote it"
    )


async def test_rows_have_constant_keys_and_feedback_reads_well():
    program = slide_hacks.HEAD + slide_hacks.PROGRAMS["honest: good"] + slide_hacks.TAIL
    info = {"instruction": slide_hacks.INSTRUCTION, "options": {"ratio": 16 / 9}}
    good = await compute_score("aeslides", f"```python\n{program}```", "", info)
    bad = await compute_score("aeslides", "no program", "", info)
    assert list(good) == list(bad) and good["score"] > 0.8 and bad["score"] == 0.0
    assert {"fidelity_slide_aspect", "fidelity_slide_imbalance", "defect_text_overflow"} <= set(good)
    rubric = json.loads(Evidence.from_json(good["evidence"]).rubric)
    assert set(rubric["look"]) == {"right shape of slide", "room that is used", "free of collisions", "balance"}
    assert Evidence.from_json(good["evidence"]).words.startswith("No defects were found in the picture.\nHow it looks")


async def test_the_instruction_of_the_row_is_what_the_gate_asks_for():
    program = slide_hacks.HEAD + slide_hacks.PROGRAMS["honest: plain bullets"] + slide_hacks.TAIL
    response = f"```python\n{program}```"
    other = {"instruction": "A slide on\n- whales and their songs\n- ships that strike them\n- nets of fishermen"}
    right = await compute_score("aeslides", response, "", {"instruction": slide_hacks.INSTRUCTION})
    wrong = await compute_score("aeslides", response, "", other)
    assert right["gate"] == 1.0 and wrong["gate"] < 0.05


async def test_settings_that_do_not_fit_are_named():
    with pytest.raises(InvalidInputError, match="viewport_width"):
        await compute_score("aeslides", "", "", {}, viewport_width=100)
