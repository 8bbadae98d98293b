from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
for r in range(4):
    for c in range(4):
        slide.shapes.add_textbox(
            Inches(0.5 + 2.3 * c), Inches(0.5 + 1.6 * r), Inches(2), Inches(0.8)
        ).text_frame.text = "same"
prs.save("same.pptx")
