from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[1])
slide.shapes.title.text = "Moved title"
title = slide.shapes.title
title.left, title.top, title.width, title.height = Inches(0.3), Inches(0.2), Inches(5), Inches(0.8)
body = slide.placeholders[1]
body.text = "narrow"
body.left = Inches(6)
body.top = Inches(2)
body.width = Inches(3)
body.height = Inches(2)
prs.save("moved.pptx")
