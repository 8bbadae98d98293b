from pptx import Presentation
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.util import Inches, Pt

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
boxes = []
for i in range(3):
    box = slide.shapes.add_shape(MSO_SHAPE.ROUNDED_RECTANGLE, Inches(0.5 + 3.2 * i), Inches(3), Inches(2), Inches(1))
    box.text = f"Node {i + 1}"
    boxes.append(box)
for a, b in zip(boxes, boxes[1:]):
    line = slide.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, 0, 0, 0, 0)
    line.begin_connect(a, 3)
    line.end_connect(b, 1)
    line.line.width = Pt(3)
slide.shapes.add_connector(MSO_CONNECTOR.ELBOW, Inches(1), Inches(6), Inches(8), Inches(5))
prs.save("connectors.pptx")
