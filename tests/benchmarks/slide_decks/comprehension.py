from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
boxes = [slide.shapes.add_textbox(Inches(1), Inches(n), Inches(3), Inches(0.5)) for n in range(1, 6)]
[setattr(box.text_frame, "text", f"box {n}") for n, box in enumerate(boxes)]
list(map(lambda box: setattr(box, "left", box.left + Inches(1)), boxes))
prs.save("comprehension.pptx")
