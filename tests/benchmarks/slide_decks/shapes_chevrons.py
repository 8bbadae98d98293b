from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[5])
slide.shapes.title.text = "Adding an AutoShape"
left, top, width, height = Inches(0.93), Inches(3.0), Inches(1.75), Inches(1.0)
shape = slide.shapes.add_shape(MSO_SHAPE.PENTAGON, left, top, width, height)
shape.text = "Step 1"
left = left + width - Inches(0.4)
width = Inches(2.0)
for n in range(2, 6):
    shape = slide.shapes.add_shape(MSO_SHAPE.CHEVRON, left, top, width, height)
    shape.text = f"Step {n}"
    left = left + width - Inches(0.4)
prs.save("chevrons.pptx")
