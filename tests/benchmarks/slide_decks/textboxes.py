from pptx import Presentation
from pptx.util import Inches, Pt

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(5), Inches(1))
frame = box.text_frame
frame.text = "This is text inside a text box"
p = frame.add_paragraph()
p.text = "A second paragraph in bold"
p.font.bold = True
p = frame.add_paragraph()
p.text = "A third one, large"
p.font.size = Pt(40)
prs.save("boxes.pptx")
