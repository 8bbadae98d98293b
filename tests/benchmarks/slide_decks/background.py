from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Inches, Pt

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[5])
slide.background.fill.solid()
slide.background.fill.fore_color.rgb = RGBColor(0x10, 0x20, 0x30)
slide.shapes.title.text = "Dark"
slide.shapes.title.text_frame.paragraphs[0].runs[0].font.color.rgb = RGBColor(255, 255, 255)
box = slide.shapes.add_textbox(Inches(1), Inches(3), Inches(6), Inches(1))
box.text_frame.text = "light on dark"
box.text_frame.paragraphs[0].font.size = Pt(28)
box.text_frame.paragraphs[0].font.color.rgb = RGBColor(0xEE, 0xEE, 0xEE)
prs.save("dark.pptx")
