from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[5])
slide.shapes.title.text = "What is there?"
box = slide.shapes.add_textbox(Inches(1), Inches(3), Inches(6), Inches(1))
box.text_frame.text = "nobody can read this"
box.text_frame.paragraphs[0].runs[0].font.color.rgb = RGBColor(255, 255, 255)
prs.save("white.pptx")
