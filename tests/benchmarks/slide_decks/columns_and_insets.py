from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(8), Inches(4))
frame = box.text_frame
frame.word_wrap = True
frame.margin_left = frame.margin_right = Inches(0.5)
frame.margin_top = Inches(0.3)
frame._txBody.bodyPr.set("numCol", "2")
frame.text = "Words that flow through two columns of one box. " * 15
prs.save("columns.pptx")
