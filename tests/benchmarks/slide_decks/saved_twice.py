from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
slide.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1)).text_frame.text = "draft"
prs.save("deck.pptx")
slide.shapes[0].text_frame.text = "final"
prs.save("deck.pptx")
