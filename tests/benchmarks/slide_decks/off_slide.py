from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
slide.shapes.add_textbox(Inches(9), Inches(1), Inches(4), Inches(1)).text_frame.text = "partly outside of it"
slide.shapes.add_textbox(Inches(20), Inches(1), Inches(4), Inches(1)).text_frame.text = "all outside"
slide.shapes.add_textbox(Inches(-3), Inches(3), Inches(2), Inches(1)).text_frame.text = "to the left"
prs.save("off.pptx")
