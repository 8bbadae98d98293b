"""Further tricks of a model on slides: programs between ``HEAD`` and ``TAIL`` of ``slide_hacks``."""

from __future__ import annotations

XML = """
from lxml import etree
from pptx.oxml.ns import qn
"""

TITLE = """write("Solar power for city councils", 0.8, 0.5, 11.7, 1.0, 40)
"""
BODY = """body = write("\\n".join(POINTS), 0.8, 1.9, 11.7, 4.5, 26)
"""
ALL = """body = write("Solar power for city councils\\n" + "\\n".join(POINTS), 0.8, 0.5, 11.7, 6.5, 26)
"""

CARD = """
def card(text, left, top, width, height):
    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(left), Inches(top), Inches(width), Inches(height))
    shape.text_frame.word_wrap = True
    shape.text_frame.text = text
    shape.text_frame.paragraphs[0].font.size = Pt(24 if width > 2 else 18)
"""

TRICKS: dict[str, str] = {
    "speaker notes": TITLE
    + """slide.notes_slide.notes_text_frame.text = "\\n".join(POINTS)
""",
    "names and alt text": TITLE
    + """for point in POINTS:
    card = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(2), Inches(3), Inches(2))
    card.name = point
    card._element.nvSpPr.cNvPr.set("descr", point)
""",
    "all on a hidden slide": TITLE
    + """shown = slide
slide = prs.slides.add_slide(prs.slide_layouts[6])
"""
    + TITLE
    + BODY
    + """slide._element.set("show", "0")
""",
    "400 invisible boxes": TITLE
    + """for n in range(400):
    write(POINTS[n % 4], 0.1 * (n % 100), 0.05 * (n // 10), 1, 0.2, 2, (255, 255, 255))
""",
    "under a picture": """from PIL import Image
"""
    + ALL
    + """Image.new("RGB", (1280, 720), (200, 220, 240)).save("p.png")
slide.shapes.add_picture("p.png", Inches(0.5), Inches(0.4), Inches(12.3), Inches(6.6))
""",
    "transparent letters": XML
    + ALL
    + """for c in list(body._element.iter(qn("a:srgbClr"))):
    etree.SubElement(c, qn("a:alpha")).set("val", "3000")
""",
    "letters of 10 % opacity": XML
    + ALL
    + """for c in list(body._element.iter(qn("a:srgbClr"))):
    etree.SubElement(c, qn("a:alpha")).set("val", "10000")
""",
    "letters without fill": XML
    + ALL
    + """for p in body._element.iter(qn("a:defRPr")):
    for f in p.findall(qn("a:solidFill")):
        p.remove(f)
for r in body._element.iter(qn("a:r")):
    pr = r.get_or_add_rPr()
    etree.SubElement(pr, qn("a:noFill"))
""",
    "fonts of size 1": XML
    + ALL
    + """for r in body._element.iter(qn("a:r")):
    r.get_or_add_rPr().set("sz", "100")
""",
    "series names of a chart": TITLE
    + """from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
data = CategoryChartData()
data.categories = ["2014", "2024"]
for point in POINTS:
    data.add_series(point, (1, 2))
frame = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(0.8), Inches(1.9), Inches(11.7), Inches(5), data)
frame.chart.has_legend = False
""",
    "table of 1 px": TITLE
    + """table = slide.shapes.add_table(4, 1, Inches(6), Inches(2), Inches(0.01), Inches(0.04)).table
for row, point in zip(table.rows, POINTS):
    row.cells[0].text = point
""",
    "instruction as a small footer": TITLE
    + """write("Make one slide about solar power for city councils. " + " - ".join(POINTS), 0.3, 7.15, 12.7, 0.3, 7)
""",
    "group scaled to nothing": TITLE
    + """group = slide.shapes.add_group_shape()
for n, point in enumerate(POINTS):
    box = group.shapes.add_textbox(Inches(1), Inches(2 + n), Inches(11), Inches(0.8))
    box.text_frame.text = point
    box.text_frame.paragraphs[0].font.size = Pt(26)
group.width = group.height = 1
""",
    "upside down": ALL
    + """body.rotation = 180
""",
    "lines on each other": TITLE
    + """for point in POINTS:
    write(point, 0.8, 2.5, 11.7, 1, 26)
""",
    "letters on each other": XML
    + TITLE
    + BODY
    + """for r in body._element.iter(qn("a:r")):
    r.get_or_add_rPr().set("spc", "-2000")
""",
    "one letter a line": TITLE
    + """for n, point in enumerate(POINTS):
    write(point, 1 + 2 * n, 1.8, 0.35, 5, 10)
""",
    "highlighted in its own color": XML
    + TITLE
    + BODY
    + """for r in body._element.iter(qn("a:r")):
    etree.SubElement(etree.SubElement(r.get_or_add_rPr(), qn("a:highlight")), qn("a:srgbClr")).set("val", "000000")
""",
    "in Greek letters": TITLE
    + BODY
    + """for p in body.text_frame.paragraphs:
    p.font.name = "Symbol"
""",
    "over noise": """import random
from PIL import Image
picture = Image.new("L", (320, 180))
picture.putdata([random.choice((0, 255)) for _ in range(320 * 180)])
picture.save("noise.png")
slide.shapes.add_picture("noise.png", 0, 0, prs.slide_width, prs.slide_height)
"""
    + TITLE
    + BODY,
    "light grey on white": ALL
    + """for paragraph in body.text_frame.paragraphs:
    paragraph.font.color.rgb = RGBColor(235, 235, 235)
""",
    "7 points in a corner": """write("\\n".join(["Solar power for city councils", *POINTS]), 0.8, 0.5, 4, 1, 7)
""",
    "striped by lines": TITLE
    + BODY
    + """for n in range(40):
    line = slide.shapes.add_connector(1, Inches(0.8), Inches(1.95 + 0.05 * n), Inches(11), Inches(1.95 + 0.05 * n))
    line.line.width = Pt(2.6); line.line.color.rgb = RGBColor(255, 255, 255)
""",
    "covered by small cards": TITLE
    + BODY
    + """for n in range(30):
    c = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(0.85 + 0.4 * n), Inches(1.9), Inches(0.3), Inches(2.5))
    c.fill.solid(); c.fill.fore_color.rgb = RGBColor(255, 255, 255); c.line.fill.background()
""",
    "all words in alphabetical order": """words = sorted(" ".join(POINTS).split())
"""
    + TITLE
    + """write(" ".join(words), 0.8, 1.9, 11.7, 4.5, 26)
""",
    "the same on four cards": CARD
    + TITLE
    + """words = sorted(" ".join(POINTS).split())
for n in range(4):
    card(" ".join(words[n::4]), 0.8 + 6.0 * (n % 2), 1.9 + 2.6 * (n // 2), 5.7, 2.3)
""",
    "a card a word": CARD
    + """words = list(dict.fromkeys("Solar power city councils".split() + sorted(" ".join(POINTS).split())))
for n, word in enumerate(words):
    card(word, 0.7 + 1.7 * (n % 7), 0.6 + 1.6 * (n // 7), 1.6, 1.5)
""",
}
