"""Each detector of slides on scenes built by hand: just beyond its limit, just within it, and where it cannot tell."""

from __future__ import annotations

import pytest
from slide_scenes import Slide, honest

from verl_visual_sdpo.inspection.detect import detect
from verl_visual_sdpo.inspection.detect.slides import at_fault, is_deck


def found(slide, **options):
    defects, _ = detect(slide.scene(), options=options, domain="slide")
    return {d.detector: d for d in defects}


def test_an_honest_slide_is_clean():
    defects, unsure = detect(honest().scene(), domain="slide")
    assert defects == () and unsure == () and is_deck(honest().scene())


# --------------------------------------------------------------------------- text in its frame


@pytest.mark.parametrize(("height", "faulty"), [(120, False), (40, True)])
def test_text_over_the_edge_of_a_filled_shape(height, faulty):
    slide = honest()
    box, *_ = slide.frame("shape", (100, 450, 500, 450 + height), ["First line", "Second line"], face="#dde6f0")
    got = found(slide)
    assert ("text-overflow" in got) is faulty
    if faulty:
        assert got["text-overflow"].element_ids[0] == box and "bottom edge" in got["text-overflow"].message


def test_text_larger_than_the_rest_is_to_blame_for_running_over():
    slide = honest()
    for n in range(3):
        slide.frame("shape", (100 + 380 * n, 480, 440 + 380 * n, 560), ["Costs"], 24.0, face="#dde6f0")
    box, text = slide.frame("shape", (100, 600, 440, 660), ["Costs"], 80.0, face="#dde6f0")
    assert found(slide)["text-overflow"].element_ids[:2] == (text, box)


def test_a_text_box_without_an_edge_may_run_over_and_a_fitting_shape_is_not_decided():
    slide = honest()
    slide.frame("text-box", (100, 450, 500, 460), ["Words below their declared box"])
    assert not found(slide)
    slide.frame("shape", (600, 450, 1000, 460), ["Fits itself"], face="#dde6f0", autofit="shape")
    defects, unsure = detect(slide.scene(), domain="slide")
    assert not [d for d in defects if d.detector == "text-overflow"]
    assert [u.detector for u in unsure] == ["text-overflow"]


@pytest.mark.parametrize(("points", "faulty"), [(8, False), (14, True)])
def test_too_many_bullets_for_the_body(points, faulty):
    slide = Slide()
    lines = [f"Point number {n} of the list" for n in range(points)]
    _, *texts = slide.frame("placeholder", (80, 150, 1200, 640), lines, 36.0, text_kind="body", placeholder="body")
    got = found(slide)
    assert ("bullets-overflow" in got) is faulty
    if faulty:
        assert got["bullets-overflow"].element_ids[0] == texts[-1] and got["bullets-overflow"].props[0] == "text"


# --------------------------------------------------------------------------- places


def test_text_that_leaves_the_slide_and_a_picture_that_bleeds():
    slide = honest()
    slide.add("picture", (1100, 500, 1310, 700), natural_width=210, natural_height=200)
    assert "off-slide" not in found(slide)
    box, _ = slide.frame("text-box", (1150, 400, 1500, 450), ["Half of this is gone"])
    assert found(slide)["off-slide"].element_ids[0] == box


def test_text_that_was_not_painted_because_it_is_off_the_slide():
    slide = honest()
    box = slide.add("text-box", (1400, 100, 1700, 200))
    slide.add("text", (1400, 100, 1700, 200), "Nobody sees this", parent=box, seen=False, font_size=24.0)
    assert found(slide)["off-slide"].element_ids[0] == box


@pytest.mark.parametrize(("left", "faulty"), [(2, True), (30, False)])
def test_text_needs_a_margin(left, faulty):
    slide = honest()
    slide.frame("text-box", (left, 500, 400, 560), ["Near the edge"])
    assert ("slide-margins" in found(slide)) is faulty


def test_a_list_that_outgrew_its_place_towards_the_edge_is_told_once():
    slide = Slide()
    lines = [f"Point number {n} of the list" for n in range(11)]
    slide.frame("placeholder", (80, 190, 1200, 500), lines, 36.0, text_kind="body", placeholder="body")
    got = found(slide)
    assert "bullets-overflow" in got and "slide-margins" not in got


@pytest.mark.parametrize(("top", "size", "faulty"), [(684, 14.0, False), (694, 14.0, True), (678, 24.0, True)])
def test_a_footer_made_by_hand_needs_less_of_a_margin(top, size, faulty):
    slide = honest()
    slide.frame("text-box", (100, top, 500, top + 30), ["The council, 2025"], size)
    assert ("slide-margins" in found(slide)) is faulty


def test_pictures_may_begin_at_the_edge_but_not_nearly():
    slide = honest()
    slide.add("picture", (0, 500, 300, 720), natural_width=300, natural_height=220)
    assert not found(slide)
    slide.add("picture", (970, 500, 1275, 715), natural_width=305, natural_height=215)
    assert "slide-margins" in found(slide)


def test_two_texts_on_each_other_blame_the_frame_out_of_line():
    slide = honest()
    slide.frame("text-box", (80, 500, 500, 550), ["A caption of the whole"])
    stray, _ = slide.frame("text-box", (133, 507, 560, 560), ["Another one upon it"])
    defect = found(slide)["text-overlap"]
    assert defect.element_ids[0] == stray and "position" in defect.props[:2]


def test_a_heading_that_left_the_top_and_a_frame_that_left_the_slide_are_blamed_before_what_they_lie_on():
    slide = Slide()
    heading, words = slide.frame("text-box", (90, 300, 900, 360), ["The harbour opens"], 40.0)
    points, first = slide.frame("text-box", (80, 300, 700, 600), ["It costs less than planned"], 22.0)
    slide.frame("text-box", (80, 640, 700, 690), ["A note below"], 16.0)
    assert at_fault(slide.scene(), slide.scene().element(words), slide.scene().element(first))[0].id == heading
    slide = honest()
    stray, words = slide.frame("text-box", (900, 500, 1500, 550), ["Far too wide a box"])
    upper, first = slide.frame("text-box", (910, 507, 1200, 560), ["Another one upon it"])
    assert at_fault(slide.scene(), slide.scene().element(words), slide.scene().element(first))[0].id == stray


@pytest.mark.parametrize(
    ("box", "side"),
    [((500, 310, 1000, 590), "left"), ((90, 480, 600, 700), "top"), ((90, 480, 200, 700), "top"),
     ((60, 290, 900, 640), "left")],
)  # fmt: skip
def test_what_stands_side_by_side_was_moved_sideways(box, side):
    slide = Slide()
    text, first = slide.frame("text-box", (80, 300, 620, 600), [f"Words that go on and on {n}" for n in range(3)])[:2]
    chart = slide.add("chart", box)
    _, props = at_fault(slide.scene(), slide.scene().element(chart), slide.scene().element(first))
    assert props[0] == side


def test_a_text_that_has_outgrown_its_frame_is_blamed_before_its_neighbour():
    slide = honest()
    grown, text = slide.frame("text-box", (80, 480, 300, 510), ["This is far longer than its frame by " * 2])
    other, label = slide.frame("text-box", (600, 480, 900, 530), ["Neighbour"])
    scene = slide.scene()
    blamed, _ = at_fault(scene, scene.element(label), scene.element(text))
    assert blamed.id in (grown, text)


def test_a_shape_painted_over_a_text():
    slide = honest()
    cover = slide.add("shape", (70, 260, 900, 300), face="#c0d0e0", fill="solid")
    defect = found(slide)["covered-text"]
    assert cover in defect.element_ids
    behind = Slide()
    behind.add("shape", (60, 150, 1220, 660), face="#c0d0e0", fill="solid")
    behind.frame("text-box", (80, 170, 900, 400), ["Words on a card"])
    assert not found(behind)


def test_cells_of_one_table_do_not_cover_each_other():
    slide = honest()
    for table in range(2):
        holder = slide.add("table", (80, 400 + 10 * table, 400, 480 + 10 * table))
        cell = slide.add("table-cell", (80, 400, 400, 440), parent=holder, face="#ffffff", row=0, column=0)
        slide.add("cell-text", (90, 415, 300, 435), "Words", cell, ((90, 415), (300, 415), (300, 435), (90, 435)),
                  color="#000000", font_size=20.0, seen=True)  # fmt: skip
        lower = slide.add("table-cell", (80, 428, 400, 480), parent=holder, face="#ffffff", row=1, column=0)
        if not table:
            assert "covered-text" not in found(slide)
    assert found(slide)["covered-text"].element_ids[0] in range(holder, lower + 1), "another table does cover them"


@pytest.mark.parametrize(("geometry", "faulty"), [("rect", True), ("roundRect", True), ("chevron", False)])
def test_chevrons_reach_into_each_other(geometry, faulty):
    slide = honest()
    for n in range(3):
        box = (100 + 200 * n, 420, 360 + 200 * n, 520)
        slide.frame("shape", box, [f"Step {n}"], face="#dde6f0", geometry=geometry)
    assert ("content-overlap" in found(slide)) is faulty


def test_cards_and_charts_partly_on_each_other_but_no_badges():
    slide = Slide()
    slide.frame("shape", (100, 200, 500, 500), ["One"], face="#dde6f0")
    slide.frame("shape", (80, 180, 140, 240), ["1"], face="#003366", color="#ffffff")
    assert "content-overlap" not in found(slide)
    slide.add("chart", (420, 250, 900, 600), chart_type="PIE")
    assert "content-overlap" in found(slide)


@pytest.mark.parametrize(("size", "faulty"), [(24.0, True), (16.0, False)])
def test_a_label_of_another_size_is_no_item_of_the_column_below(size, faulty):
    slide = honest()
    slide.frame("text-box", (88, 400, 500, 440), ["Problem"], size)
    for n in range(3):
        slide.frame("text-box", (100, 450 + 50 * n, 512, 490 + 50 * n), [f"Point {n}"], 24.0)
    assert ("misaligned-items" in found(slide)) is faulty


@pytest.mark.parametrize(("shift", "faulty"), [(0, False), (14, True)])
def test_a_card_off_the_line_of_its_row(shift, faulty):
    slide = Slide()
    for n in range(3):
        top = 250 + (shift if n == 1 else 0)
        slide.frame("shape", (100 + 370 * n, top, 430 + 370 * n, top + 200), [f"Card {n}"], face="#dde6f0")
    assert ("misaligned-items" in found(slide)) is faulty


@pytest.mark.parametrize(("shift", "faulty"), [(0, False), (3, False), (24, True)])
def test_a_card_off_its_place_in_the_row(shift, faulty):
    slide = Slide()
    ids = [
        slide.frame("shape", (left, 250, left + 300, 450), [f"Card {n}"], face="#dde6f0")[0]
        for n, left in enumerate((100, 480 + shift, 860))
    ]
    got = found(slide)
    assert ("uneven-gaps" in got) is faulty
    if faulty:
        assert got["uneven-gaps"].element_ids[0] == ids[1] and got["uneven-gaps"].measured == 24.0


def test_gaps_may_differ_for_a_rule_between_and_under_a_heading():
    slide = Slide()
    for top in (100, 180, 276):
        slide.frame("text-box", (100, top, 900, top + 60), [f"Line at {top}"])
    assert "uneven-gaps" in found(slide)
    slide.frame("shape", (300, 257, 700, 259), [], face="#404040")
    assert "uneven-gaps" not in found(slide)

    for heading, faulty in ((20.0, True), (24.0, False)):
        column = Slide()
        for top in (100, 196, 276, 356, 436):
            column.frame("text-box", (100, top, 900, top + 60), [f"Row {top}"], 20.0 if top > 100 else heading)
        assert ("uneven-gaps" in found(column)) is faulty


# --------------------------------------------------------------------------- looks and amounts


@pytest.mark.parametrize(("box", "crop", "faulty"), [
    ((100, 300, 500, 500), 0.0, False), ((100, 300, 500, 400), 0.0, True), ((100, 300, 500, 400), 0.5, False),
])  # fmt: skip
def test_pictures_keep_the_shape_that_their_crop_leaves(box, crop, faulty):
    slide = honest()
    slide.add("picture", box, natural_width=800, natural_height=400, crop_top=crop)
    assert ("squashed-picture" in found(slide)) is faulty


def test_placeholders_left_empty_but_not_the_standing_ones():
    slide = honest()
    slide.add("placeholder", (80, 650, 300, 700), placeholder="footer", empty=True)
    assert not found(slide)
    slide.add("placeholder", (700, 200, 1200, 640), placeholder="picture", empty=True)
    assert found(slide)["empty-placeholder"].measured == 1


@pytest.mark.parametrize(("size", "faulty"), [(9.0, True), (15.0, False)])
def test_text_too_small_for_a_slide(size, faulty):
    slide = honest()
    slide.frame("text-box", (80, 600, 700, 640), ["Source: our own reckoning"], size)
    tiny = found(slide).get("tiny-text")
    assert (tiny is not None) is faulty
    assert tiny is None or tiny.props[0] == "size", "first of all whoever chose the size answers"


def test_faint_text_is_measured_on_the_picture():
    slide = honest()
    slide.frame("text-box", (80, 600, 700, 640), ["Source: our own reckoning"], 20.0, "#e0e0e0")
    assert found(slide)["low-contrast"].measured < 2


def test_a_symbol_that_fills_its_rectangle_is_not_decided():
    slide = honest()
    _, text = slide.frame("text-box", (100, 450, 500, 500), ["\u25bc"], color="#3060c0")
    slide.draw.rectangle((108, 458, 120, 482), fill="#3060c0")
    defects, unsure = detect(slide.scene(), domain="slide")
    assert not defects and [u.element_ids for u in unsure if u.detector == "low-contrast"] == [(text,)]


@pytest.mark.parametrize(("count", "faulty"), [(4, False), (16, True)])
def test_a_wall_of_text(count, faulty):
    slide = Slide()
    lines = ["Nobody reads ten words of every line while listening here"] * count
    slide.frame("text-box", (60, 60, 1200, 700), lines, 20.0)
    assert ("too-much-text" in found(slide)) is faulty


def test_empty_slides_and_giant_words():
    assert found(Slide())["empty-slide"].severity == 1.0
    giant = Slide()
    giant.frame("text-box", (20, 100, 1260, 500), ["SOLARPOWER"], 240.0)
    assert "empty-slide" in found(giant)
    chart = Slide()
    chart.add("chart", (100, 100, 1100, 650), chart_type="PIE")
    assert "empty-slide" not in found(chart)
