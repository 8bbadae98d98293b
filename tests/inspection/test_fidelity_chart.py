"""The four ChartMimic terms on records small enough to work out by hand."""

from itertools import permutations

import numpy as np
import pytest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.fidelity.chart import likeness, similarity

REFERENCE = {
    "texts": ["Sales", "Year", "Units", "Year"],
    "layout": [[1, 2, 0, 0, 0, 0], [1, 2, 0, 0, 1, 1]],
    "types": {"bar": 2, "plot": 1},
    "colors": {"bar": ["#1f77b4", "#ff7f0e"], "imshow": ["cmap:viridis"]},
}
NOTHING = {"texts": [], "layout": [], "types": {}, "colors": {}}


def test_a_chart_is_entirely_like_itself():
    assert likeness(REFERENCE, REFERENCE) == {"text": 1.0, "layout": 1.0, "type": 1.0, "color": 1.0, "low": 1.0}


def test_terms_are_f1_of_multisets():
    drawn = {
        **REFERENCE,
        "texts": ["Sales", "Year", "Year", "Year"],
        "layout": [[1, 1, 0, 0, 0, 0]],
        "types": {"bar": 1},
    }
    terms = likeness(drawn, REFERENCE)
    assert terms["text"] == pytest.approx(0.75)  # Sales and two of the three Years: P = R = 3/4
    assert terms["layout"] == 0.0
    assert terms["type"] == pytest.approx(0.5)  # P = 1, R = 1/3
    assert terms["low"] == pytest.approx((0.75 + 0.0 + 0.5 + 1.0) / 4)


def test_color_maps_match_by_name_and_never_match_a_colour():
    assert similarity(["cmap:viridis", "#440154"], ["cmap:viridis", "cmap:magma"]).tolist() == [[1, 0], [0, 0]]


def test_colors_of_another_plotting_function_do_not_match():
    drawn = {"colors": {"plot": ["#1f77b4", "#ff7f0e"]}}
    assert likeness(drawn, {"colors": {"bar": ["#1f77b4", "#ff7f0e"]}})["color"] == 0.0


def test_assignment_finds_what_enumerating_permutations_finds():
    rng = np.random.default_rng(7)
    drawn, wanted = ([f"#{n:06x}" for n in rng.integers(0, 1 << 24, size)] for size in (4, 6))
    alike = similarity(drawn, wanted)
    best = max(sum(alike[i, j] for i, j in enumerate(order)) for order in permutations(range(6), 4))
    term = likeness({"colors": {"plot": drawn}}, {"colors": {"plot": wanted}})["color"]
    assert term == pytest.approx(2 * best / 10)


def test_many_look_alike_colors_are_thinned_before_they_are_matched():
    shades = [f"#0000{n:02x}" for n in range(200, 212)]  # twelve blues nobody can tell apart
    terms = likeness({"colors": {"bar": shades}}, {"colors": {"bar": shades[:1]}})
    assert terms["color"] == pytest.approx(1.0)
    assert likeness({"colors": {"bar": shades[:10]}}, {"colors": {"bar": shades[:1]}})["color"] == pytest.approx(2 / 11)


def test_repeated_colors_of_one_function_count_once():
    assert likeness({"colors": {"bar": ["#FF0000"] * 3}}, {"colors": {"bar": ["#ff0000"]}})["color"] == 1.0


def test_both_sides_empty_is_one_for_us_and_zero_for_the_benchmark():
    assert likeness(NOTHING, NOTHING)["low"] == 1.0
    assert likeness(NOTHING, NOTHING, empty="theirs")["low"] == 0.0
    assert likeness(NOTHING, REFERENCE)["low"] == likeness(NOTHING, REFERENCE, empty="theirs")["low"] == 0.0
    with pytest.raises(InvalidInputError, match="'ours'"):
        likeness(NOTHING, NOTHING, empty="mine")
