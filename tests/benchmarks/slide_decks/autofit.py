from pptx import Presentation
from pptx.enum.text import MSO_AUTO_SIZE
from pptx.util import Inches, Pt

LONG = "A sentence that is rather long and has to be broken over several lines of its box. " * 6
prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
for i, mode in enumerate((MSO_AUTO_SIZE.NONE, MSO_AUTO_SIZE.SHAPE_TO_FIT_TEXT, MSO_AUTO_SIZE.TEXT_TO_FIT_SHAPE)):
    frame = slide.shapes.add_textbox(Inches(0.3 + 3.2 * i), Inches(0.5), Inches(3), Inches(2)).text_frame
    frame.word_wrap = True
    frame.text = LONG
    frame.paragraphs[0].runs[0].font.size = Pt(16)
    frame.auto_size = mode
prs.save("autofit.pptx")
