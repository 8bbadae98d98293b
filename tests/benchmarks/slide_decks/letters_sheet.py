from pptx import Presentation
from pptx.util import Mm, Pt

prs = Presentation()
prs.slide_width, prs.slide_height = Mm(210), Mm(297)
slide = prs.slides.add_slide(prs.slide_layouts[6])
y = Mm(20)
for size in (8, 12, 18, 28, 44):
    box = slide.shapes.add_textbox(Mm(15), y, Mm(180), Mm(20))
    box.text_frame.word_wrap = True
    box.text_frame.text = f"{size} points of Type"
    box.text_frame.paragraphs[0].runs[0].font.size = Pt(size)
    y += Mm(10 + size)
prs.save("sheet.pptx")
