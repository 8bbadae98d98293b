from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
group = slide.shapes.add_group_shape()
for i in range(3):
    card = group.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1 + 2 * i), Inches(1), Inches(1.5), Inches(1))
    card.text_frame.text = f"card {i}"
inner = group.shapes.add_group_shape()
inner.shapes.add_textbox(Inches(1), Inches(3), Inches(2), Inches(0.5)).text_frame.text = "inside"
group.left, group.top = Inches(2), Inches(3)
group.width = Inches(7)
prs.save("groups.pptx")
