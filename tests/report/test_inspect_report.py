"""Findings, the annotated picture and the inspection page: the same defects under the same numbers everywhere."""

import base64
import io
import itertools
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from PIL import Image

from verl_visual_sdpo.report.annotate import MILD_COLOR, SEVERE_COLOR, annotate, annotated_png
from verl_visual_sdpo.report.findings import Suspect, analysis_as_plain, findings, suspects
from verl_visual_sdpo.report.frames import frames_of
from verl_visual_sdpo.report.inspect_page import inspect_page, source_lines
from verl_visual_sdpo.types import Blame, Box, Execution, ProgramError


class Page(HTMLParser):
    """Ids, links, linked numbers and text of a page; fails on a tag that is closed out of turn."""

    VOID = frozenset({"meta", "img", "link", "br", "input"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids, self.links, self.numbers, self.text, self.open = [], [], [], "", []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids += [attrs["id"]] if "id" in attrs else []
        self.links += [attrs["href"]] if tag == "a" else []
        self.numbers += [(tag, attrs["data-n"])] if "data-n" in attrs else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_findings_are_numbered_worst_first_with_their_suspects(analysis):
    first, second = findings(analysis)
    assert (first.number, first.defect.detector, first.elements[0].kind) == (1, "text-overlap", "title")
    assert first.suspects == (Suspect(4, 5, 0.9, "created"), Suspect(3, 3, 0.6, "created"))
    assert (second.number, second.defect.detector) == (2, "canvas-overflow")


def test_the_plain_form_names_elements_and_statements_of_each_defect(analysis):
    row = analysis_as_plain(analysis)["defects"][1]
    assert row["statements"][0] == {"line": 4, "end_line": 5, "responsibility": 0.9, "tie": "created"}
    assert [e["text"] for e in row["elements"]] == ["<b>A & B</b>", "far"]
    assert {"detector", "severity", "boxes", "measured", "required", "message"} <= set(row)


def test_the_picture_shows_a_frame_where_each_box_is(analysis):
    picture = annotate(analysis.scene, findings(analysis))
    assert picture.size == analysis.scene.size
    assert picture.getpixel((150, 42)) == SEVERE_COLOR  # below the title, 3 px outside its box
    assert picture.getpixel((318, 35)) == SEVERE_COLOR  # the text's frame is pulled in from beyond the right edge
    only_mild = annotate(analysis.scene, findings(analysis)[1:])
    assert only_mild.getpixel((187, 47)) == MILD_COLOR  # dashed: the corner is where a dash begins
    assert {only_mild.getpixel((x, 47)) for x in range(200, 300)} == {MILD_COLOR, (255, 255, 255)}
    assert only_mild.getpixel((20, 200)) == (255, 255, 255)


def test_boxes_that_are_nowhere_are_left_out_of_picture_and_page(analysis):
    nowhere = replace(analysis.defects[0], boxes=(Box(float("nan"), 0, 1, 1),))
    odd = replace(analysis, defects=(nowhere,), blames=())
    assert annotate(odd.scene, findings(odd)).getcolors() == [(320 * 240, (255, 255, 255))]
    assert not [n for tag, n in Page(inspect_page(odd, "x.py")).numbers if tag in ("span", "a")]


def test_annotated_png_is_a_png_of_the_same_size(analysis):
    assert Image.open(io.BytesIO(annotated_png(analysis.scene, findings(analysis)))).size == (320, 240)


def test_a_thumbnail_is_small_and_its_frames_are_not_thinned(analysis):
    small = annotate(analysis.scene, findings(analysis), within=(160, 160))
    assert small.size == (160, 120)
    assert [small.getpixel((75, y)) == SEVERE_COLOR for y in (20, 21, 22, 23)] == [
        False,
        True,
        True,
        False,
    ]  # still 2 px


def test_numbers_keep_off_each_other_and_small_frames_lie_on_large_ones(analysis):
    box, inner = Box(50, 50, 250, 150), Box(60, 52, 100, 80)
    twice = [replace(d, boxes=(b,), element_ids=(0,)) for d, b in zip(analysis.defects * 2, (box, box, inner, box))]
    frames = frames_of(findings(replace(analysis, defects=tuple(twice), blames=())), (320, 240), (20, 20))
    places = [frame.badge for frame in frames]
    assert all(abs(a[0] - b[0]) >= 20 or abs(a[1] - b[1]) >= 20 for a, b in itertools.combinations(places, 2))
    assert frames[-1].box.width < 50  # the smallest comes last: on top


def test_the_page_links_picture_defects_and_lines_both_ways(analysis):
    page = Page(inspect_page(analysis, "chart.py"))
    assert {"defect-1", "defect-2", "frame-1", "frame-2", "L1", "L5"} <= set(page.ids)
    assert {link[1:] for link in page.links} <= set(page.ids)  # no link leads nowhere
    assert {"#defect-1", "#frame-1", "#L4"} <= set(page.links)
    assert sorted(n for tag, n in page.numbers if tag == "span") == ["1", "1", "2"]  # a frame a box
    assert [n for tag, n in page.numbers if tag in ("a", "tr")] == ["1", "2", "1", "2"]
    assert [n for tag, n in page.numbers if tag == "li"] == ["1", "1 2", "1 2"]


def test_the_page_is_self_contained_and_escapes_what_the_program_wrote(analysis):
    text = inspect_page(analysis, "<chart>.py")
    assert text.count(base64.b64encode(analysis.scene.image).decode()) == 1
    assert "://" not in text and "<b>A" not in text and "<chart>" not in text
    assert "plt.title('<b>A & B</b>')" in Page(text).text


def test_every_tie_and_figure_is_text_on_the_page(analysis):
    told = " ".join(Page(inspect_page(analysis, "chart.py")).text.split())
    assert "text-overlap: created it, 0.90" in told and "canvas-overflow: created it, 0.40" in told
    assert "Likeness is the mean of text 0.50" in told and "an image lies behind" in told
    assert "low-contrast undetermined" in told and "tiny-text clean" in told


def test_line_numbers_follow_the_file_and_heat_the_statement(analysis):
    lines = source_lines(analysis, findings(analysis), shift=10)
    assert [(line.number, line.heat) for line in lines] == [(11, 0), (12, 0), (13, 0.6), (14, 0.9), (15, 0.9)]
    assert 'href="#L14"' in inspect_page(analysis, "r.md", shift=10)


@pytest.mark.parametrize("error", [None, ProgramError("NameError", "name 'x' is not defined", 2)])
def test_a_failed_run_has_a_page_with_its_words_and_the_guilty_line(analysis, error):
    failed = replace(
        analysis,
        execution=Execution("runtime_error", error),
        scenes=(),
        defects=(),
        blames=(Blame(-1, 1, 1.0, "created"),),
    )
    text = inspect_page(failed, "chart.py")
    assert "The run failed" in text and failed.feedback.words.split("&")[0] in text
    assert suspects(failed, -1) == (Suspect(2, 2, 1.0, "created"),)
    assert source_lines(failed, [])[1].heat == 1.0
