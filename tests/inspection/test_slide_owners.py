"""Who is noted for what in a deck: statements, loops, helpers, edits of the XML itself."""

import pytest
from slide_room import HEAD, needs_office, one, owners, program, renderer

pytestmark = needs_office


def seen(source: str, head: str = HEAD):
    written = program(source, head)
    rendering = renderer().render(written)
    assert rendering.execution.ok, rendering.execution
    return written, rendering.scenes


BOX = "box = slide.shapes.add_textbox(0, 0, Inches(3), Inches(1))"
EDITS = [
    ("box.left = Inches(2)", "text-box", "left"),
    ("box.height = Inches(2)", "text-box", "size"),
    ("box.rotation = 10", "text-box", "rotation"),
    ("box.fill.solid()", "text-box", "color"),
    ("box.text_frame.word_wrap = True", "text-box", "layout"),
    ("box.text_frame.margin_left = 0", "text-box", "layout"),
    ("box._element.spPr.xfrm.off.attrib['x'] = '9'", "text-box", "left"),
    ("box._element.spPr.xfrm.find('{*}off').set('x', '9')", "text-box", "left"),
    ("slide.shapes._spTree.insert(2, box._element)", "text-box", "order"),
    ("box.text_frame.paragraphs[0].runs[0].text = 'new'", "text", "text"),
    ("box.text_frame.paragraphs[0].runs[0].font.size = Pt(30)", "text", "size"),
    ("box.text_frame.paragraphs[0].runs[0].font.bold = True", "text", "font"),
    ("box.text_frame.paragraphs[0].runs[0].font.name = 'Cambria'", "text", "font"),
    ("box.text_frame.paragraphs[0].font.color.rgb = RGBColor(1, 2, 3)", "text", "color"),
    ("box.text_frame.paragraphs[0].level = 1", "text", "layout"),
    ("box.text_frame.paragraphs[0].alignment = 2", "text", "position"),
    ("box.text_frame.paragraphs[0].space_before = Pt(9)", "text", "layout"),
]


@pytest.mark.parametrize("screen", [0, 1, 2, 3])
def test_every_edit_has_its_line_and_property(screen):
    """Several edits a deck: a rendering each would take long. Each has a box of its own."""
    mine = EDITS[screen::4]
    body = "".join(f"{BOX}\nbox.text_frame.text = 'words {n}'\n{edit}\n" for n, (edit, _, _) in enumerate(mine))
    written, (scene,) = seen(body)
    frames = [e for e in scene.elements if e.kind == "text-box"]
    frames.sort(key=lambda e: e.owners[0].order)
    for frame, (edit, kind, prop) in zip(frames, mine):
        element = frame if kind == "text-box" else one_child(scene, frame)
        assert (edit, "mutated", prop, 0) in owners(element, written), edit
        assert owners(frame, written)[0][:2] == (BOX, "created")


def one_child(scene, frame):
    (child,) = [e for e in scene.elements if e.parent == frame.id]
    return child


def test_helpers_and_loops_keep_the_whole_chain():
    written, (scene,) = seen("""
        def add(words):
            box = slide.shapes.add_textbox(0, 0, Inches(3), Inches(1))
            box.text_frame.text = words
        for word in ("first", "second"):
            add(word)
        """)
    for word in ("first", "second"):
        assert owners(one(scene, "text", word), written) == [
            ("box.text_frame.text = words", "created", "*", 0),
            ("add(word)", "created", "*", 1),
        ]


def test_placeholders_come_with_their_slide_and_texts_with_their_writer():
    written, scenes = seen(
        """
        slide.shapes.title.text = "Title"
        frame = slide.placeholders[1].text_frame
        frame.text = "one\\ntwo"
        frame.add_paragraph().text = "three"
        """,
        HEAD.replace("[6]", "[1]"),
    )
    added = "slide = prs.slides.add_slide(prs.slide_layouts[1])"
    scene = scenes[0]
    assert owners(one(scene, "figure"), written) == [(added, "created", "*", 0)]
    assert all(owners(e, written)[0] == (added, "created", "*", 0) for e in scene.elements if e.kind == "placeholder")
    assert owners(one(scene, "title"), written) == [('slide.shapes.title.text = "Title"', "created", "*", 0)]
    assert owners(one(scene, "body", "two"), written) == [('frame.text = "one\\ntwo"', "created", "*", 0)]
    assert owners(one(scene, "body", "three"), written) == [('frame.add_paragraph().text = "three"', "created", "*", 0)]


def test_cells_answer_to_columns_rows_and_text():
    written, (scene,) = seen("""
        table = slide.shapes.add_table(1, 2, 0, 0, Inches(4), Inches(1)).table
        table.columns[1].width = Inches(3)
        table.cell(0, 1).text = "in it"
        table.cell(0, 1).fill.solid()
        """)
    first, second = [e for e in scene.elements if e.kind == "table-cell"]
    assert owners(second, written)[1:] == [
        ("table.columns[1].width = Inches(3)", "mutated", "size", 0),
        ('table.cell(0, 1).text = "in it"', "mutated", "text", 0),
        ("table.cell(0, 1).fill.solid()", "mutated", "color", 0),
    ]
    assert len(first.owners) == 1 and owners(first, written)[0][1] == "created"
    assert owners(one(scene, "cell-text"), written) == [('table.cell(0, 1).text = "in it"', "created", "*", 0)]


def test_raw_xml_and_copies_belong_to_whoever_put_them_in():
    written, (scene,) = seen("""
        import copy
        from lxml import etree
        from pptx.oxml.ns import qn
        box = slide.shapes.add_textbox(0, 0, Inches(3), Inches(1))
        box.text_frame.text = "original"
        box.left = Inches(1)
        twin = copy.deepcopy(box._element)
        slide.shapes._spTree.append(twin)
        line = etree.SubElement(twin.spPr, qn("a:ln"))
        """)
    first, second = [e for e in scene.elements if e.kind == "text-box"]
    assert owners(second, written)[0] == ("slide.shapes._spTree.append(twin)", "created", "*", 0)
    assert ("box.left = Inches(1)", "mutated", "left", 0) in owners(second, written), "of what was copied"
    assert owners(second, written)[-1][0] == 'line = etree.SubElement(twin.spPr, qn("a:ln"))'
    texts = [owners(e, written) for e in scene.elements if e.kind == "text"]
    assert texts == [[('box.text_frame.text = "original"', "created", "*", 0)]] * 2
    assert owners(first, written)[0][0].startswith("box = ")


def test_chart_edits_belong_to_the_chart():
    written, (scene,) = seen("""
        from pptx.chart.data import CategoryChartData
        data = CategoryChartData()
        data.categories = ["a"]
        data.add_series("s", (1,))
        chart = slide.shapes.add_chart(51, 0, 0, Inches(4), Inches(4), data).chart
        chart.font.size = Pt(9)
        chart.has_title = False
        """)
    found = owners(one(scene, "chart"), written)
    assert found[0][1] == "created" and found[0][0].startswith("chart = slide.shapes.add_chart")
    assert ("chart.font.size = Pt(9)", "mutated", "size", 0) in found
    assert owners(one(scene, "chart-text", "a"), written)[0] == found[0]


def test_edits_of_the_master_style_what_goes_back_to_it():
    written, (scene,) = seen(
        """
        slide.shapes.title.text = "T"
        layout = prs.slide_layouts[5]
        layout.placeholders[0].left = Inches(2)
        """,
        HEAD.replace("[6]", "[5]"),
    )
    assert ("layout.placeholders[0].left = Inches(2)", "styled", "left", 0) in owners(
        one(scene, "placeholder"), written
    )


def test_a_deck_opened_again_keeps_its_writers():
    written, (scene,) = seen("""
        slide.shapes.add_textbox(0, 0, Inches(3), Inches(1)).text_frame.text = "kept"
        prs.save("a.pptx")
        again = Presentation("a.pptx")
        again.slides[0].shapes[0].left = Inches(1)
        again.save("b.pptx")
        """)
    frame = one(scene, "text-box")
    assert owners(frame, written)[0][0].startswith("slide.shapes.add_textbox")
    assert owners(frame, written)[-1] == ("again.slides[0].shapes[0].left = Inches(1)", "mutated", "left", 0)
    assert owners(one(scene, "text"), written)[0][0].startswith("slide.shapes.add_textbox")


def test_slides_in_another_order_keep_their_writers():
    written, scenes = seen("""
        entries = prs.slides._sldIdLst
        other = prs.slides.add_slide(prs.slide_layouts[5])
        other.shapes.title.text = "made last"
        entries.insert(0, entries[-1])
        """)
    assert len(scenes) == 2 and all(e.owners for scene in scenes for e in scene.elements)
    assert owners(one(scenes[0], "title"), written)[0][0] == 'other.shapes.title.text = "made last"'
