from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Pt

prs = Presentation()
master = prs.slide_master
for placeholder in master.placeholders:
    for p in placeholder.text_frame.paragraphs:
        p.font.color.rgb = RGBColor(0x00, 0x50, 0x80)
layout = prs.slide_layouts[1]
layout.placeholders[0].text_frame.paragraphs[0].font.size = Pt(28)
layout.placeholders[1].left = layout.placeholders[1].left + 457200
master.background.fill.solid()
master.background.fill.fore_color.rgb = RGBColor(0xF5, 0xF0, 0xE6)
slide = prs.slides.add_slide(layout)
slide.shapes.title.text = "By the master"
slide.placeholders[1].text = "moved by its layout"
prs.save("master.pptx")
