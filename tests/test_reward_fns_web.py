"""The reward for pages as verl calls it: constant keys, numbers as numbers, and nothing the model writes raises."""

import sys
from pathlib import Path

import pytest

from reward_fns.web import compute_score
from verl_visual_sdpo.errors import InvalidInputError, SandboxUnavailableError
from verl_visual_sdpo.types import Evidence

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
import web_hacks

TRICKS = (
    "one word", "its look without a word", "half of the page", "its words in one block, and pictures",
    "its words in paragraphs", "shuffled words", "white on white", "nearly the ground's colour", "5 px", "opacity 0.02",
    "clip-path", "3 px of every text", "scaled to nothing", "under a fixed sheet", "under a gradient", "under pictures",
    "z-index below", "blurred", "all in one place", "words on a canvas", "words by pseudo-elements",
    "the screenshot over its words",
)  # fmt: skip

PAGE = """<!DOCTYPE html>
<html><head><style>
body { margin: 20px; font: 16px sans-serif; color: #222; }
</style></head><body>
<h1>The quiet harbour</h1>
<p>Every team prepares long train journeys for people in the neighbourhood.</p>
<p>Our workshop repairs handmade furniture before the winter comes.</p>
<button style="padding: 12px 20px">Read more</button>
</body></html>
"""
PALE = PAGE.replace("<p>Our", '<p style="color: #e5e5e5">Our')
SPARSE = PAGE.replace("<p>Our workshop repairs handmade furniture before the winter comes.</p>\n", "")
TEXT_KEYS = {"status", "evidence"}


def fenced(page):
    return f"Here it is:\n```html\n{page}```"


async def test_outcomes_have_the_same_keys_and_defects_cost_less_than_leaving_out():
    answers = {"ok": fenced(PAGE), "pale": fenced(PALE), "sparse": fenced(SPARSE), "none": "no", "empty": fenced(" ")}
    rows = {name: await compute_score("toy", text, PAGE, {}) for name, text in answers.items()}
    assert len({tuple(row) for row in rows.values()}) == 1
    for row in rows.values():
        assert all(type(value) is (str if key in TEXT_KEYS else float) for key, value in row.items())
        assert row["undetermined"] == 0.0
    assert rows["ok"]["score"] == pytest.approx(1.0) and rows["ok"]["defects"] == 0.0
    assert rows["pale"]["defect_low_contrast"] == 1.0
    assert 1.0 > rows["pale"]["score"] > rows["sparse"]["score"] > 0.0, "drawing less never pays"
    assert rows["none"]["score"] == rows["empty"]["score"] == 0.0
    evidence = Evidence.from_json(rows["pale"]["evidence"])
    pale = fenced(PALE)
    (start, end, guilt) = max(evidence.responsibilities, key=lambda row: row[2])
    assert guilt > 0.5 and pale[start:end].startswith("color: #e5e5e5")


async def test_settings_are_checked_and_the_pictures_weigh_what_they_are_given():
    with pytest.raises(InvalidInputError, match="pixels_weight=2"):
        await compute_score("toy", fenced(PAGE), PAGE, {}, pixels_weight=2)
    with pytest.raises(InvalidInputError, match="data_weight"):
        await compute_score("toy", fenced(PAGE), PAGE, {}, data_weight=0.5)
    blue = PAGE.replace("margin: 20px", "margin: 20px; background: #dbe9ff")
    without = await compute_score("toy", fenced(blue), PAGE, {}, pixels_weight=0)
    with_them = await compute_score("toy", fenced(blue), PAGE, {}, pixels_weight=0.5)
    assert without["fidelity_pixels"] < 1.0 and with_them["fidelity"] < without["fidelity"]


async def test_rows_of_other_types_are_left_out_and_a_missing_browser_ends_the_run():
    rows = [(fenced(PAGE), {"html": PAGE}, {}), (fenced(PAGE), [PAGE], {}), (None, PAGE, {}), (fenced(PAGE), PAGE, "x")]
    rows += [(fenced(PAGE), PAGE, {"options": "x"})]
    for response, reference, extra_info in rows:
        assert (await compute_score("toy", response, reference, extra_info))["undetermined"] == 1.0
    with pytest.raises(InvalidInputError, match="ground_truth is a dict; it must be"):
        await compute_score("toy", *rows[0], on_failure="raise")
    with pytest.raises(SandboxUnavailableError, match="/no/such/browser"):
        await compute_score("toy", fenced(PAGE), PAGE, {}, chromium="/no/such/browser")


async def test_the_reference_is_looked_at_as_the_page_is():
    narrow = await compute_score("toy", fenced(PAGE), PAGE, {"options": {"viewport_width": 480}})
    assert narrow["fidelity"] == pytest.approx(1.0)
    assert (await compute_score("toy", fenced(PAGE), PAGE, {}, viewport_width=480))["fidelity"] == pytest.approx(1.0)


@pytest.fixture(scope="module")
def honest():
    return {name: web_hacks.judge(name).reward.score for name in web_hacks.HONEST}


def test_honest_pages_are_worth_something_in_their_order(honest):
    whole, good, plain, mediocre = honest.values()
    assert whole == pytest.approx(1.0) and whole > good > plain > mediocre > 0.3


@pytest.mark.parametrize("name", TRICKS)
def test_no_trick_is_worth_an_honest_mediocre_page(honest, name):
    analysis = web_hacks.judge(name)
    assert analysis.execution.ok, "it is the trick that is worth nothing, not a page that is not shown"
    assert analysis.reward.score < 0.25 * honest[web_hacks.MEDIOCRE], analysis.reward
