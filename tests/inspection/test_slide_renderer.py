"""What the renderer sees of a deck: places, looks, and which program counts."""

import io

import numpy as np
import pytest
from PIL import Image
from slide_room import HEAD, needs_office, one, program, render, renderer, shown

from verl_visual_sdpo.errors import InvalidInputError, SandboxUnavailableError
from verl_visual_sdpo.inspection.pipeline import analyse_program
from verl_visual_sdpo.inspection.render import slide as slides
from verl_visual_sdpo.inspection.render.slide import SlideRenderer
from verl_visual_sdpo.types import Task

pytestmark = needs_office


def edges(box):
    return [round(side) for side in (box.left, box.top, box.right, box.bottom)]


def ink(scene, dark=128):
    """Where the picture is darker than paper: left, top, right, bottom in px."""
    grey = np.asarray(Image.open(io.BytesIO(scene.image)).convert("L"))
    rows, columns = np.where(grey < dark)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


@pytest.mark.parametrize("turn", [0, 90, 30])
@pytest.mark.parametrize("wrap", [True, False])
def test_text_is_where_it_is_painted(turn, wrap):
    scene = shown(f"""
        box = slide.shapes.add_textbox(Inches(3), Inches(2), Inches(4), Inches(1))
        box.text_frame.word_wrap = {wrap}
        box.text_frame.text = "Hamburgefonts"
        box.text_frame.paragraphs[0].runs[0].font.size = Pt(32)
        box.rotation = {turn}
        """)
    text = one(scene, "text")
    # the box is of whole letters and, turned, of its corners; ink is less
    assert np.abs(np.array(ink(scene)) - edges(text.box)).max() <= (12 if turn == 30 else 4)
    assert text.style["rotation"] == pytest.approx(-turn, abs=0.5)
    assert text.style["font_size"] == pytest.approx(32 * 12700 * 1280 / 9144000, rel=0.01)
    assert len(text.outline) == 4 and text.style["lines"] == 1 and text.style["seen"]


def test_lines_of_a_paragraph_and_their_frame():
    scene = shown("""
        box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(2), Inches(1))
        box.text_frame.word_wrap = True
        box.text_frame.text = "several words that need many more lines than one, two or three"
        """)
    text, frame = one(scene, "text"), one(scene, "text-box")
    assert text.parent == frame.id and text.style["lines"] == len(text.outline) / 4 >= 3
    assert edges(frame.box) == [128, 128, 384, 256]
    assert frame.style["text_bottom"] > frame.box.bottom, "it needs more than it has"
    assert frame.style["text_left"] >= frame.box.left + frame.style["inset_left"] - 1


def test_text_with_symbols_that_no_pdf_gives_back():
    texts = [
        "V1 \u2192 V2",
        "\u2192",
        "\U0001f680 TOOLS: dual-green lights on every road of the town",
        "1\ufe0f\u20e3 \u20b94.8 of it",
    ]
    scene = shown(f"""
        for row, text in enumerate({texts!r}):
            box = slide.shapes.add_textbox(Inches(1), Inches(1 + row), Inches(3), Inches(0.6))
            box.text_frame.word_wrap = True
            box.text_frame.text = text
        """)
    found = [e for e in scene.elements if e.kind in ("text", "footer")]
    assert [e.text for e in found] == texts and all(e.style["seen"] and e.owners for e in found)
    assert all(128 * (1 + row) <= e.box.top < e.box.bottom < 128 * (2 + row) for row, e in enumerate(found))


def test_groups_are_worked_in():
    scene = shown("""
        group = slide.shapes.add_group_shape()
        a = group.shapes.add_shape(1, Inches(1), Inches(1), Inches(1), Inches(1))
        b = group.shapes.add_shape(1, Inches(3), Inches(1), Inches(1), Inches(1))
        group.left, group.top, group.width, group.height = Inches(2), Inches(3), Inches(6), Inches(2)
        """)
    shapes = [e for e in scene.elements if e.kind == "shape"]
    assert [edges(e.box) for e in shapes] == [[256, 384, 512, 640], [768, 384, 1024, 640]]
    assert {e.parent for e in shapes} == {one(scene, "group").id}
    assert np.abs(np.array(ink(scene, 250)) - [256, 384, 1024, 640]).max() <= 8  # an outline, and a shadow below


def test_a_turned_shape_keeps_its_corners():
    scene = shown("slide.shapes.add_shape(1, Inches(2), Inches(2), Inches(4), Inches(2)).rotation = 90")
    shape = one(scene, "shape")
    assert edges(shape.box) == [384, 128, 640, 640] and shape.style["rotation"] == -90
    assert [round(n) for n in shape.outline[0]] == [640, 128], "what was its upper left corner"
    assert shape.style["declared_left"] == 256


def test_rows_grow_with_their_text():
    scene = shown("""
        table = slide.shapes.add_table(2, 1, Inches(1), Inches(1), Inches(2), Inches(1)).table
        table.cell(0, 0).text = "so many words that they take a number of lines in a narrow column"
        table.cell(1, 0).text = "below"
        """)
    upper, lower = [e for e in scene.elements if e.kind == "table-cell"]
    below = one(scene, "cell-text", "below")
    assert upper.box.height > upper.style["declared_height"] + 50
    assert below.box.top > lower.box.top == upper.box.bottom > below.box.top - 20
    assert below.parent == lower.id and lower.parent == one(scene, "table").id


def test_charts_have_their_texts():
    scene = shown("""
        from pptx.chart.data import CategoryChartData
        from pptx.enum.chart import XL_CHART_TYPE
        data = CategoryChartData()
        data.categories = ["North", "South"]
        data.add_series("Sales", (1, 2))
        slide.shapes.add_chart(XL_CHART_TYPE.BAR_CLUSTERED, Inches(1), Inches(1), Inches(6), Inches(4), data)
        """)
    chart, label = one(scene, "chart"), one(scene, "chart-text", "North")
    assert (chart.style["chart_type"], chart.style["series"], chart.style["points"]) == ("BAR_CLUSTERED", 1, 2)
    assert label.parent == chart.id and chart.box.left <= label.box.left <= label.box.right <= chart.box.right


def test_pictures_know_how_far_they_are_stretched():
    scene = shown("""
        import io
        from PIL import Image
        stream = io.BytesIO()
        Image.new("RGB", (200, 100), "navy").save(stream, "PNG")
        stream.seek(0)
        picture = slide.shapes.add_picture(stream, Inches(1), Inches(1), Inches(2), Inches(2))
        picture.crop_left = 0.5
        """)
    style = one(scene, "picture").style
    assert (style["natural_width"], style["natural_height"], style["crop_left"]) == (200, 100, 0.5)
    assert (style["aspect_shown"], style["aspect_natural"], style["distortion"]) == (1.0, 1.0, 1.0)


def test_looks_come_out_of_all_layers():
    scene = shown(
        """
        slide.background.fill.solid()
        slide.background.fill.fore_color.rgb = RGBColor(1, 2, 3)
        slide.shapes.title.text = "A title"
        shape = slide.shapes.add_shape(1, Inches(1), Inches(3), Inches(2), Inches(1))
        shape.text = "on it"
        box = slide.shapes.add_textbox(0, 0, Inches(1), Inches(1))
        named = {"prstClr": 'val="ltGreen"', "hslClr": 'hue="7200000" sat="100%" lum="50000"'}
        named["scrgbClr"] = 'r="21404" g="0" b="100000"'
        for n, (tag, values) in enumerate(named.items()):
            box = slide.shapes.add_textbox(0, Inches(n), Inches(1), Inches(1))
            box.fill.solid()
            fill = box._element.spPr.find("{*}solidFill")
            fill.append(parse_xml(f'<a:{tag} {nsdecls("a")} {values}/>'))
        """,
        "from pptx.oxml import parse_xml\nfrom pptx.oxml.ns import nsdecls" + HEAD.replace("[6]", "[5]"),
    )
    faces = [e.style["face"] for e in scene.elements if e.kind == "text-box"]
    assert faces == [None, "#90ee90", "#00ff00", "#7f00ff"], "a preset's name, hue and lightness, linear parts"
    title, frame = one(scene, "title"), one(scene, "placeholder")
    assert one(scene, "figure").style["background"] == "#010203"
    assert title.style["font_size_declared"] == pytest.approx(44 * 12700 * 1280 / 9144000, abs=0.1)
    assert title.style["align"] == "center" and frame.style["anchor"] == "middle"
    assert frame.style["placeholder"] == "title" and not frame.style["empty"]
    assert edges(frame.box) == [64, 38, 1216, 198], "the layout's, which says nothing, so the master's"
    assert one(scene, "shape").style["face"] == "#4f81bd", "the theme's first accent"
    assert one(scene, "text", "on it").style["color"] == "#ffffff"


def test_text_beyond_the_slide_is_not_seen():
    scene = shown('slide.shapes.add_textbox(Inches(20), 0, Inches(3), Inches(1)).text_frame.text = "far away"')
    text = one(scene, "text")
    assert text.style["seen"] is False and text.outline == () and text.box.left > scene.size[0]


# --------------------------------------------------------------------------- which deck

SAVED = 'slide.shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame.text = "{}"\n'


@pytest.mark.parametrize(
    ("rest", "texts"),
    [
        ("", ["first"]),
        ("prs.save('a.pptx')\nPresentation().save('b.pptx')", ["first"]),
        ("prs.save('a.pptx')\nslide.shapes[0].text_frame.text = 'later'", ["first"]),
        ("prs.save('a.pptx')\nslide.shapes[0].text_frame.text = 'later'\nprs.save('a.pptx')", ["later"]),
        ("import io\nprs.save(io.BytesIO())\nPresentation()", ["first"]),
        ("prs.save('/nobody/a.pptx')\ndeck = Presentation('/nobody/a.pptx')\ndeck.save('b.pptx')", ["first"]),
        ("prs.save('a.pptx')\nimport sys\nsys.exit(0)", ["first"]),
        ("import base64, codecs, html\nfrom xml.etree import ElementTree", ["first"]),
        ("import os\nos.makedirs('/nobody/may/write', exist_ok=True)\nprs.save('/nobody/may/write/a.pptx')", ["first"]),
    ],
)
def test_the_last_deck_that_was_saved_with_a_slide(rest, texts):
    scene = shown(SAVED.format("first") + rest)
    assert [e.text for e in scene.elements if e.kind == "text"] == texts
    assert all(e.owners for e in scene.elements)


def test_hidden_slides_are_left_out_and_further_ones_too():
    rendering = render(
        """
        for name in "abcd":
            slide = prs.slides.add_slide(prs.slide_layouts[5])
            slide.shapes.title.text = name
        prs.slides[2]._element.set("show", "0")
        """,
        HEAD.rpartition("slide =")[0],
        max_slides=2,
        width=400,
    )
    assert [[e.text for e in s.elements if e.kind == "title"] for s in rendering.scenes] == [["a"], ["b"]]
    assert (rendering.record["hidden"], rendering.record["left_out"]) == (1, 1)
    assert rendering.scenes[0].size == (400, 300)


@pytest.mark.parametrize(
    ("source", "status", "line"),
    [
        ("x = 1 / 0", "runtime_error", 6),
        ("raise SystemExit(3)", "runtime_error", 6),
        ("while True", "syntax_error", 6),
        ("import subprocess", "forbidden", 6),
        ("import os\nos.system('ls')", "forbidden", 7),
        ("prs.slides._sldIdLst.clear()", "no_output", None),
        ("import sys\nprs.save('a.pptx')\nprs.slides[0].shapes.title.text = 'none'", "runtime_error", 8),
    ],
)
def test_how_programs_fail(source, status, line):
    execution = render(source).execution
    assert (execution.status, execution.error.line) == (status, line), execution


def test_a_deck_that_nobody_can_show():
    """Not a zip, under a name that LibreOffice would open as text."""
    execution = render("""
        from pptx.opc.package import OpcPackage
        from pptx.oxml import parse_xml
        slide.part._element = parse_xml("<broken/>")
        prs.save("x.pptx")
        """).execution
    assert execution.status in ("no_output", "runtime_error") and execution.error


def test_options_out_of_bounds():
    with pytest.raises(InvalidInputError, match="width=100000 must be a whole number from 320 to 4096"):
        render("", width=100_000)


def test_the_same_program_is_shown_once():
    with SlideRenderer() as own:
        first, second = (own.render(program(SAVED.format("x"))) for _ in range(2))
        assert not first.execution.cached and second.execution.cached and first.scenes == second.scenes
        assert own.statistics.pool.answered == own.office_statistics.answered == 1


def test_a_missing_libreoffice_is_named_with_its_mend(monkeypatch):
    monkeypatch.setattr(slides, "find_program", lambda: None)
    with pytest.raises(SandboxUnavailableError, match="apt-get install .*libreoffice-impress-nogui"):
        SlideRenderer()


def test_all_layers_hold_around_libreoffice_too():
    assert set(renderer().layers) >= {"deadline", "folder", "limits", "privileges", "landlock", "seccomp"}


def test_blame_falls_on_the_line_that_moved_the_box():
    source = program("""
        def add(words, top):
            box = slide.shapes.add_textbox(Inches(1), top, Inches(3), Inches(1))
            box.text_frame.word_wrap = True
            box.text_frame.text = words
            return box
        a = add("one of two boxes", Inches(1))
        b = add("the other of the two", Inches(5))
        b.top = Inches(1.1)
        """)
    assert blamed(source)["text-overlap"] == "b.top = Inches(1.1)"


def blamed(source):
    """The line that answers most, by the detector of its defect."""
    analysis, found = analyse_program(source, Task("slide"), renderer()), {}
    line_of = {s.id: s.line for s in source.statements}
    for b in sorted(analysis.blames, key=lambda b: b.responsibility):
        found[analysis.defects[b.defect].detector] = source.source.splitlines()[line_of[b.statement] - 1].strip()
    return found


def test_blame_falls_on_what_was_put_behind_on_fills_and_past_decorators():
    source = program("""
        import functools
        def logged(function):
            @functools.wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper
        @logged
        def say(words, top, size=20):
            box = slide.shapes.add_textbox(Inches(1), Inches(top), Inches(6), Inches(1))
            box.text_frame.text = words
            box.text_frame.paragraphs[0].font.size = Pt(size)
            return box
        pale = slide.shapes.add_shape(1, Inches(1), Inches(0.5), Inches(6), Inches(1))
        pale.text = "white on nearly white"
        pale.fill.solid()
        pale.fill.fore_color.rgb = RGBColor(250, 250, 245)
        card = slide.shapes.add_shape(1, Inches(1), Inches(3), Inches(6), Inches(1))
        hidden = say("these words lie behind the card", 3)
        say("small print that nobody reads", 6, size=4)
        slide.shapes._spTree.insert(2, hidden._element)
    """)
    assert blamed(source) == {
        "low-contrast": "pale.fill.fore_color.rgb = RGBColor(250, 250, 245)",
        "covered-text": "slide.shapes._spTree.insert(2, hidden._element)",
        "tiny-text": 'say("small print that nobody reads", 6, size=4)',
    }
