from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_UNDERLINE
from pptx.util import Inches, Pt

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
frame = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(8), Inches(2)).text_frame
p = frame.paragraphs[0]
for word, name, size in (("Plain ", "Calibri", 20), ("serif ", "Cambria", 24), ("mono", "Courier New", 18)):
    run = p.add_run()
    run.text = word
    run.font.name = name
    run.font.size = Pt(size)
p.runs[0].font.bold = True
p.runs[1].font.italic = True
p.runs[2].font.underline = MSO_UNDERLINE.SINGLE_LINE
p.runs[2].font.color.rgb = RGBColor(200, 0, 0)
p.add_line_break()
p.add_run().text = "after a break"
prs.save("fonts.pptx")
