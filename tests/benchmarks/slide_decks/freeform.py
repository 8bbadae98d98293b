from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
builder = slide.shapes.build_freeform(start_x=Inches(2), start_y=Inches(2))
builder.add_line_segments([(Inches(4), Inches(2)), (Inches(5), Inches(4)), (Inches(3), Inches(5))], close=True)
shape = builder.convert_to_shape()
shape.text_frame.text = "free"
shape.fill.solid()
prs.save("freeform.pptx")
