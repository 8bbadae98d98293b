from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
for i, turn in enumerate(("vert", "vert270")):
    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1 + 2 * i), Inches(1), Inches(1), Inches(5))
    shape.text_frame.text = "upright words"
    shape.text_frame._txBody.bodyPr.set("vert", turn)
prs.save("vertical.pptx")
