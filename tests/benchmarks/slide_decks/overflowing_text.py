from pptx import Presentation
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_AUTO_SIZE
from pptx.util import Inches, Pt

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
card = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(1), Inches(2), Inches(1))
card.text_frame.auto_size = MSO_AUTO_SIZE.NONE
card.text_frame.text = "Far more words than such a small card can ever hold at this size of type"
card.text_frame.paragraphs[0].font.size = Pt(24)
prs.save("overflow.pptx")
