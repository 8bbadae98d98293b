from pptx import Presentation
from pptx.enum.shapes import MSO_CONNECTOR, MSO_SHAPE
from pptx.util import Inches

TREE = {"Head": ["Sales", "Works", "Law"], "Works": ["Design", "Build"]}
prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])


def node(name, x, y):
    shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(x), Inches(y), Inches(1.6), Inches(0.7))
    shape.text = name
    return shape


def grow(name, x, y, spread, above=None):
    here = node(name, x, y)
    if above is not None:
        line = slide.shapes.add_connector(MSO_CONNECTOR.ELBOW, 0, 0, 0, 0)
        line.begin_connect(above, 2)
        line.end_connect(here, 0)
    children = TREE.get(name, [])
    for i, child in enumerate(children):
        grow(child, x + spread * (i - (len(children) - 1) / 2), y + 2, spread / 1.5, here)


grow("Head", 4.2, 0.6, 2.8)
prs.save("tree.pptx")
