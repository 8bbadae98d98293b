"""Findings, the annotated picture and the inspection page: the same defects under the same numbers everywhere."""

import base64
import io
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from PIL import Image

from verl_visual_sdpo.report.annotate import MILD_COLOR, SEVERE_COLOR, annotate, annotated_png
from verl_visual_sdpo.report.findings import Suspect, analysis_as_plain, findings, suspects
from verl_visual_sdpo.report.inspect_page import inspect_page, source_lines
from verl_visual_sdpo.types import Blame, Box, Execution, ProgramError


class Page(HTMLParser):
    """Ids, links, linked numbers and text of a page; fails on a tag that is closed out of turn."""

    VOID = frozenset({"meta", "image", "rect", "link", "br"})

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
    assert only_mild.getpixel((250, 47)) == MILD_COLOR
    assert only_mild.getpixel((20, 200)) == (255, 255, 255)


def test_boxes_that_are_nowhere_are_left_out_of_picture_and_page(analysis):
    nowhere = replace(analysis.defects[0], boxes=(Box(float("nan"), 0, 1, 1),))
    odd = replace(analysis, defects=(nowhere,), blames=())
    assert annotate(odd.scene, findings(odd)).getcolors() == [(320 * 240, (255, 255, 255))]
    assert ("g", "1") not in Page(inspect_page(odd, "x.py")).numbers


def test_annotated_png_is_a_png_of_the_same_size(analysis):
    assert Image.open(io.BytesIO(annotated_png(analysis.scene, findings(analysis)))).size == (320, 240)


def test_the_page_links_picture_defects_and_lines_both_ways(analysis):
    page = Page(inspect_page(analysis, "chart.py"))
    assert {"defect-1", "defect-2", "L1", "L5"} <= set(page.ids)
    assert {link[1:] for link in page.links} <= set(page.ids)  # no link leads nowhere
    assert [n for tag, n in page.numbers if tag == "g"] == ["2", "1", "1"]  # the worst lies on top
    assert [n for tag, n in page.numbers if tag == "tr"] == ["1", "1 2", "1 2"]


def test_the_page_is_self_contained_and_escapes_what_the_program_wrote(analysis):
    text = inspect_page(analysis, "<chart>.py")
    assert base64.b64encode(analysis.scene.image).decode() in text
    assert "http" not in text and "<b>A" not in text and "<chart>" not in text
    assert "plt.title('<b>A & B</b>')" in Page(text).text


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
