"""What an instruction asks for, what of it is on the slides, and how slides look."""

from __future__ import annotations

import pytest
from slide_scenes import Slide, honest

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.content_slide import deck_room, novelty, slide_gate, wanted
from verl_visual_sdpo.inspection.fidelity.slide import TERMS, look
from verl_visual_sdpo.inspection.instruction import stems, wanted_of
from verl_visual_sdpo.inspection.legible_slide import legibility

LISTED = """Create three slides about solar power, with a chart.
- Panel prices fell by 90 percent
- Storage is the bottleneck
- Grids need new lines"""
COST = 0.4


def test_points_slides_and_kinds_of_a_listed_instruction():
    asked = wanted_of(LISTED)
    assert asked.points[-3:] == (
        frozenset({"panel", "price", "fell", "90", "percen"}),
        frozenset({"storag", "bottle"}),
        frozenset({"grid", "new", "line"}),
    )
    assert asked.slides == 3 and asked.kinds == {"chart": 1} and frozenset({"solar", "power"}) in asked.points
    assert deck_room(asked) == 3.0


def test_running_text_is_taken_sentence_by_sentence():
    asked = wanted_of("Prices fell fast. Storage lags behind; grids too.")
    assert asked.points == (stems("prices fell fast"), stems("storage lags behind"), stems("grids"))
    assert wanted_of("  ").points == () and wanted_of("  ").words == 0


def test_letters_that_are_not_set_apart_count_two_by_two():
    asked = wanted_of(
        "制作3页关于苹果种植的幻灯片，并包含一个柱状图。\n1、苹果的历史\n2、主要产区与产量\n3、未来的挑战"
    )
    assert asked.slides == 3 and asked.kinds == {"chart": 1}
    assert asked.points[1:] == ({"苹果", "历史"}, {"主要", "要产", "产区", "产量"}, {"未来", "挑战"})
    assert wanted_of("リンゴの歴史について三枚のスライドを作成してください。").points == ({"リン", "ンゴ", "歴史"},)
    asked = wanted_of("- 苹果的历史\n- 主要产区与产量\n- 未来的挑战")
    said = ("苹果的历史：源自中亚山区", "主要产区：山东与陕西，产量逐年上升", "未来的挑战是气候与劳动力短缺")
    whole, part = (slide_gate(deck(*texts), asked, COST) for texts in (said, said[:1]))
    assert whole == 1.0 > 0.5 > part > 0.0
    assert slide_gate(deck("欢迎大家参加今天的会议", "谢谢各位的到来与支持"), asked, COST) == 0.0


@pytest.mark.parametrize(
    ("said", "slides"),
    [
        ("请生成五张幻灯片", 5),
        ("做 4 頁簡報", 4),
        ("三枚のスライドを作成", 3),
        ("スライドを3枚作成してください", 3),
        ("在第2页放三张图片", 0),
        ("第 3 页介绍市场，共4页", 4),
        ("写真を3枚入れてください", 0),
        ("做十二页", 0),
    ],
)
def test_how_many_slides_are_asked_for_where_words_are_not_set_apart(said, slides):
    """A place in an order asks for none, nor do counted pictures; of numbers beyond ten nothing is known."""
    assert wanted_of(said).slides == slides


def deck(*lines, size=30.0, color="#000000"):
    slide = Slide()
    slide.frame("text-box", (80, 100, 1200, 640), list(lines), size, color)
    return [slide.scene()]


POINTS = ("Panel prices fell by 90 percent", "Storage is the bottleneck", "Grids need new lines")
ASKED = wanted_of("Show that\n- Panel prices fell by 90 percent\n- Storage is the bottleneck\n- Grids need new lines")


def test_every_point_left_out_costs():
    whole = slide_gate(deck(*POINTS, "Solar power works at last, councils say"), ASKED, COST)
    scores = [slide_gate(deck(*POINTS[:n], "Solar power works at last, councils say"), ASKED, COST) for n in (2, 1)]
    assert whole == 1.0 > scores[0] > scores[1] > 0
    assert scores[0] < 0.7  # no defect costs as much as a third of the content


def test_what_cannot_be_read_is_not_there():
    for unread in (deck(*POINTS, color="#ffffff"), deck(*POINTS, size=4.0), deck("", " ")):
        assert slide_gate(unread, ASKED, COST) == 0.0
    slide = Slide()
    slide.frame("text-box", (80, 100, 1200, 640), POINTS, 30.0)
    slide.add("shape", (0, 0, 1280, 720), face="#ddeeff")
    assert slide_gate([slide.scene()], ASKED, COST) == 0.0


def test_ink_is_looked_for_where_the_picture_is():
    slide = honest()
    scene = slide.scene()
    assert all(legibility(e, scene) > 0 for e in scene.elements if e.kind == "body")


def test_saying_it_again_is_no_content():
    once = slide_gate(deck(*POINTS, "Solar power works at last, councils say"), ASKED, COST)
    again = slide_gate(deck(*POINTS, *POINTS, *POINTS, *POINTS), ASKED, COST)
    assert again < 0.5 * once
    assert novelty(("Lorem ipsum dolor sit amet " * 3, "Solar power")) < 0.3
    apples = ("苹果的历史：源自中亚山区", "主要产区：山东与陕西，产量逐年上升", "未来的挑战是气候与劳动力短缺")
    assert novelty(apples) == 1.0 > 0.5 > novelty(3 * apples), "where no space sets words apart, too"


def test_naming_topics_is_less_than_saying_something():
    thin = slide_gate(deck("Panel prices", "Storage", "Grids lines"), wanted_of(LISTED), COST)
    full = slide_gate(deck(*POINTS), wanted_of(LISTED), COST)
    assert 0 < thin < full


def test_a_chart_that_was_asked_for_is_missed():
    asked = wanted_of("A bar chart of prices\n- prices fell\n- storage lags")
    slide = Slide()
    slide.frame("text-box", (80, 100, 1200, 300), ["Prices fell everywhere last year", "Storage lags far behind"], 30.0)
    without = slide_gate([slide.scene()], asked, COST)
    slide.add("chart", (300, 350, 900, 680), chart_type="BAR_CLUSTERED")
    assert without < slide_gate([slide.scene()], asked, COST)


def test_slides_that_were_asked_for_are_missed():
    asked = wanted_of("Two slides\n- Panel prices fell by 90 percent\n- Storage is the bottleneck")
    one = deck(
        "Panel prices fell by 90 percent", "Storage is the bottleneck, says everybody around the whole sunny world"
    )
    two = [
        *deck("Panel prices fell by 90 percent"),
        *deck("Storage is the bottleneck, says everybody around the whole sunny world"),
    ]
    assert slide_gate(one, asked, COST) < slide_gate(two, asked, COST) == 1.0


def test_a_reference_deck_says_what_is_wanted():
    asked = wanted([scene for scene in deck(*POINTS)], "")
    assert len(asked.points) == 3 and slide_gate(deck(*POINTS), asked, COST) == 1.0
    assert slide_gate(deck(*POINTS[:1]), asked, COST) < 0.5


# --------------------------------------------------------------------------- how it looks


def test_terms_are_shares_and_the_mean_is_theirs():
    terms = look([honest().scene()])
    assert set(terms) == {*TERMS, "low"} and all(0 <= value <= 1 for value in terms.values())
    assert terms["low"] == pytest.approx(sum(terms[t] for t in TERMS) / 4)


def test_a_full_balanced_slide_beats_a_corner():
    full, corner = Slide(), Slide()
    for x in range(5):
        for y in range(5):
            card = (100 + 220 * x, 40 + 130 * y, 300 + 220 * x, 160 + 130 * y)
            full.frame("shape", card, ["Words here"], face="#204060", color="#ffffff")
    corner.frame("text-box", (40, 40, 300, 90), ["Words here"])
    one, other = look([full.scene()]), look([corner.scene()])
    assert one["slide/whitespace"] > 0.9 > other["slide/whitespace"] == 0.0
    assert one["slide/imbalance"] > other["slide/imbalance"]


def test_noise_without_content_fills_nothing():
    slide = Slide()
    slide.add("picture", (0, 0, 1280, 720))
    for x in range(0, 1280, 8):
        slide.draw.line((x, 0, x, 720), fill="#000000")
    assert look([slide.scene()])["slide/whitespace"] == 0.0


def test_collision_falls_with_what_lies_on_each_other():
    apart, upon = honest(), honest()
    apart.add("chart", (100, 480, 600, 700), chart_type="PIE")
    upon.add("chart", (100, 200, 600, 700), chart_type="PIE")
    assert look([apart.scene()])["slide/collision"] == 1.0 > look([upon.scene()])["slide/collision"]


def test_what_hangs_out_changes_the_ratio_and_the_task_names_another_one():
    slide = honest()
    assert look([slide.scene()])["slide/aspect"] == pytest.approx(1.0)
    assert look([slide.scene()], {"ratio": 4 / 3})["slide/aspect"] < 0.5
    slide.add("chart", (100, 650, 600, 800), chart_type="PIE")
    assert look([slide.scene()])["slide/aspect"] == pytest.approx(0.64, abs=0.01)
    with pytest.raises(InvalidInputError, match=r"ratio='wide' must be"):
        look([slide.scene()], {"ratio": "wide"})
