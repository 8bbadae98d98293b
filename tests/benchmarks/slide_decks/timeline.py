from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.util import Inches, Pt

EVENTS = {2019: "Founded", 2021: "First product", 2023: "Abroad", 2025: "Listed"}
prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[5])
slide.shapes.title.text = "Our way"
line = slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, Inches(0.5), Inches(4), Inches(9.5), Inches(4))
line.line.width = Pt(4)
line.line.color.rgb = RGBColor(0x44, 0x44, 0x44)
for i, (year, what) in enumerate(EVENTS.items()):
    x = Inches(1 + 2.3 * i)
    slide.shapes.add_shape(MSO_SHAPE.OVAL, x, Inches(3.85), Inches(0.3), Inches(0.3))
    label = slide.shapes.add_textbox(x - Inches(0.6), Inches(4.3 if i % 2 else 2.9), Inches(1.6), Inches(0.8))
    label.text_frame.text = f"{year}\n{what}"
    for p in label.text_frame.paragraphs:
        p.font.size = Pt(14)
prs.save("timeline.pptx")
