"""The data term: 1 for equal numbers however they were drawn, falling smoothly with what is wrong with them."""

import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.fidelity.data import SLACK, data_likeness
from verl_visual_sdpo.inspection.pipeline import analyse_program
from verl_visual_sdpo.inspection.program import bare_program
from verl_visual_sdpo.inspection.reward import DATA_WEIGHT, likeness_of
from verl_visual_sdpo.types import Task

HEAD = "import matplotlib.pyplot as plt\nimport numpy as np\n"
BARS = "plt.bar(['a', 'b', 'c', 'd'], [3, 5, 4, 6])"
SINE = "x = np.linspace(0, 6, 61)\nplt.plot(x, np.sin(x))"
TWO = "fig, (one, two) = plt.subplots(1, 2)\none.plot([1, 2, 3], [1, 4, 9])\ntwo.bar([1, 2], [3, 4])"


@pytest.fixture(scope="module")
def alike(renderer):
    def record(body):
        rendering = renderer.render(bare_program(HEAD + body + "\n"))
        assert rendering.execution.ok, rendering.execution.error
        return rendering.record

    return lambda drawn, wanted: data_likeness(record(drawn), record(wanted))


@pytest.mark.parametrize(
    ("drawn", "wanted"),
    [
        ("for place, value in [(3, 6), (1, 5), (0, 3), (2, 4)]:\n    plt.bar(place, value, color='red')", BARS),
        ("x = np.linspace(0, 6, 121)\nplt.plot(x, np.sin(x))", SINE),
        ("plt.plot([3, 1, 2], [6, 4, 5], 'o')", "plt.scatter([1, 2, 3], [4, 5, 6])"),
        ("plt.scatter([2], [5]); plt.scatter([1, 3], [4, 6])", "plt.scatter([1, 2, 3], [4, 5, 6])"),
        ("plt.plot([1, 2], [3, 1])\nplt.plot([1, 2], [2, 5])", "plt.plot([1, 2], [[2, 3], [5, 1]])"),
        ("plt.pie([2, 4, 6], labels=['a', 'b', 'c'])", "plt.pie([1, 2, 3])"),
        ("plt.figure()", "plt.figure().text(0.5, 0.5, 'nothing plotted')"),
    ],
)
def test_equal_numbers_are_worth_one_in_whatever_way_they_were_drawn(alike, drawn, wanted):
    assert alike(drawn, wanted) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "body",
    [
        BARS,
        "plt.barh(['a', 'b'], [3, 5], left=[1, 0])",
        "plt.errorbar([1, 2, 3], [3, 5, 4], yerr=0.5)",
        "plt.hist([1, 1, 2, 4, 4, 5], bins=4)",
        "plt.boxplot([[1, 2, 3, 8], [2, 3, 4, 5]])",
        "plt.violinplot([[1, 2, 3, 8], [2, 3, 4, 5]])",
        "plt.fill_between([1, 2, 3], [1, 3, 2])",
        "plt.imshow(np.arange(12).reshape(3, 4))",
        "plt.contourf(np.arange(12).reshape(3, 4))",
        "plt.bar([1, 2], [10, 1000])\nplt.yscale('log')",
        "plt.subplot(projection='polar').plot([0, 1, 2], [1, 2, 1])",
        "ax = plt.subplot(projection='3d')\nax.scatter([1, 2], [3, 4], [5, 6])\nax.bar3d(0, 0, 0, 1, 1, 2)",
        "plt.plot([1, 2, 2, 3], [1, 1, 5, 5])\nplt.axhline(3)\nplt.vlines([1, 2], 0, 4)",
        "plt.scatter([1, 2, np.nan], [4, np.inf, 6])\nplt.quiver([0, 1], [0, 1], [1, 0], [0, 1])",
    ],
)
def test_every_kind_of_chart_is_wholly_like_itself_and_wholly_unlike_an_empty_one(alike, body):
    assert alike(body, body) == 1.0
    assert alike("plt.subplots()", body) == alike(body, "plt.subplots()") == 0.0


def test_it_falls_with_the_error_and_with_the_number_of_errors(alike):
    def worth(*values):
        return alike(f"plt.bar(['a', 'b', 'c', 'd'], {list(values)})", BARS)

    one_wrong = [worth(3, 5, 4 + error, 6) for error in (0, 6 * SLACK / 2, 0.3, 1, 3, 30)]
    assert one_wrong[0] == one_wrong[1] == 1.0  # as near as anybody reads it off
    assert all(later < earlier for earlier, later in zip(one_wrong[1:], one_wrong[2:]))
    assert one_wrong[-1] == pytest.approx(0.75, abs=0.01)  # three of four bars are right
    assert worth(6, 3, 4, 6) < worth(3, 3, 4, 6) < 1.0


def test_what_is_missing_or_too_much_costs_like_any_f1(alike):
    three = "plt.bar(['a', 'b', 'c'], [3, 5, 4])"
    assert alike(three, BARS) == alike(BARS, three) == pytest.approx(2 * 3 / 7)
    assert alike(SINE, SINE + "\nplt.plot(x, -np.sin(x))") == pytest.approx(2 / 3)
    assert alike(TWO.replace("two.bar", "one.bar"), TWO) == 1.0  # where it stands is the layout's affair
    assert alike("bars = plt.bar([1, 2], [3, 4])\nbars.remove()", "plt.bar([1, 2], [3, 4])") == 0.0
    assert alike("plt.bar([1, 2], [3, 4], alpha=0)", "plt.bar([1, 2], [3, 4])") == 0.0


def test_the_scale_of_the_axis_counts_and_not_the_unit(alike):
    small = alike("plt.plot([1, 2, 3], [0.001, 0.004, 0.003])", "plt.plot([1, 2, 3], [0.001, 0.004, 0.002])")
    large = alike("plt.plot([1, 2, 3], [1e6, 4e6, 3e6])", "plt.plot([1, 2, 3], [1e6, 4e6, 2e6])")
    assert small == pytest.approx(large) and 0.5 < small < 0.9
    tenfold = "plt.plot([1, 2, 3], [1, 10, {}])\nplt.yscale('log')"
    assert alike(tenfold.format(100), tenfold.format(120)) > 0.9


def test_the_record_stays_small_whatever_is_drawn(renderer):
    body = "rng = np.random.default_rng(0)\nfor _ in range(99):\n    plt.plot(rng.normal(size=20_000))\n"
    body += "plt.scatter(*rng.normal(size=(2, 50_000)))\nplt.imshow(rng.normal(size=(500, 900)))"
    record = renderer.render(bare_program(HEAD + body)).record
    assert len(record["data"]) == 40 and max(len(series["rows"]) for series in record["data"]) <= 400
    assert data_likeness(record, record) == 1.0


def test_a_chart_with_one_wrong_number_is_no_longer_worth_everything(renderer):
    wrong = HEAD + BARS.replace("4, 6", "1, 6") + "\n"

    def reward(weight):
        task = Task("chart", reference=HEAD + BARS, options={"data_weight": weight})
        return analyse_program(bare_program(wrong), task, renderer).reward.fidelity

    assert reward(0) == pytest.approx(reward(DATA_WEIGHT) + DATA_WEIGHT * (1 - 0.75), abs=0.01)
    with pytest.raises(InvalidInputError, match="data_weight=2"):
        reward(2)


def test_a_record_from_before_the_term_is_judged_by_the_others():
    assert data_likeness({"texts": []}, {"texts": [], "data": []}) is None
    assert likeness_of({"low": 0.5}) == 0.5
    assert likeness_of({"low": 0.5, "data": 1.0}, 0.2) == pytest.approx(0.6)
    assert likeness_of({}) is None
