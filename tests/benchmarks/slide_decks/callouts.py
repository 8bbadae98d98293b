from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
names = [
    "CLOUD",
    "HEART",
    "STAR_5_POINT",
    "CAN",
    "CUBE",
    "RIGHT_ARROW",
    "DIAMOND",
    "HEXAGON",
    "DONUT",
    "WAVE",
    "PLAQUE",
    "SUN",
]
for i, name in enumerate(names):
    kind = getattr(MSO_SHAPE, name)
    shape = slide.shapes.add_shape(
        kind, Inches(0.3 + 2.4 * (i % 4)), Inches(0.3 + 2.4 * (i // 4)), Inches(2), Inches(2)
    )
    shape.text = name.lower()
    if shape.adjustments:
        shape.adjustments[0] = 0.3
prs.save("callouts.pptx")
