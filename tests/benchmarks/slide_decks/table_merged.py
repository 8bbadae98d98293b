from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
table = slide.shapes.add_table(4, 4, Inches(1), Inches(1), Inches(8), Inches(3)).table
table.cell(0, 0).merge(table.cell(0, 3))
table.cell(0, 0).text = "A heading over all columns"
table.cell(1, 0).merge(table.cell(3, 0))
table.cell(1, 0).text = "Side"
for r in range(1, 4):
    for c in range(1, 4):
        table.cell(r, c).text = str(r * c)
prs.save("merged.pptx")
