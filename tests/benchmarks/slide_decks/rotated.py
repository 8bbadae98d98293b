from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches, Pt

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
for i, angle in enumerate((0, 15, 45, 90, 180, 270)):
    shape = slide.shapes.add_shape(
        MSO_SHAPE.RECTANGLE, Inches(0.5 + (i % 3) * 3), Inches(1 + (i // 3) * 3), Inches(2.4), Inches(1)
    )
    shape.text_frame.text = f"turned by {angle}"
    shape.text_frame.paragraphs[0].runs[0].font.size = Pt(20)
    shape.rotation = angle
prs.save("rotated.pptx")
