from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[5])
slide.shapes.title.text = "Adding a Table"
table = slide.shapes.add_table(2, 2, Inches(2), Inches(2), Inches(6), Inches(0.8)).table
table.columns[0].width = Inches(2.0)
table.columns[1].width = Inches(4.0)
for r in range(2):
    for c in range(2):
        table.cell(r, c).text = ["Foo", "Bar", "Baz", "Qux"][2 * r + c]
prs.save("table.pptx")
