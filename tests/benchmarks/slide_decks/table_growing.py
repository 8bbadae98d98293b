from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
table = slide.shapes.add_table(3, 2, Inches(1), Inches(1), Inches(5), Inches(1)).table
table.cell(0, 0).text = "short"
table.cell(1, 0).text = "A text that is far too long for one line of a narrow column, so that its row must grow a lot"
table.cell(2, 0).text = "below"
table.cell(2, 1).text = "also below"
prs.save("growing.pptx")
