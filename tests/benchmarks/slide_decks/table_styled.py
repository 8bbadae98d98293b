from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Inches, Pt

ROWS = [("Plan", "Price", "Seats"), ("Basic", "10", "1"), ("Team", "45", "5"), ("Company", "400", "unlimited")]
prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[5])
slide.shapes.title.text = "Plans"
shape = slide.shapes.add_table(len(ROWS), 3, Inches(1), Inches(2), Inches(8), Inches(3))
table = shape.table
table.first_row = True
table.horz_banding = False
for r, row in enumerate(ROWS):
    table.rows[r].height = Inches(0.7)
    for c, value in enumerate(row):
        cell = table.cell(r, c)
        cell.text = value
        cell.vertical_anchor = MSO_ANCHOR.MIDDLE
        p = cell.text_frame.paragraphs[0]
        p.alignment = PP_ALIGN.CENTER
        p.font.size = Pt(16)
        if r == 0:
            cell.fill.solid()
            cell.fill.fore_color.rgb = RGBColor(0x33, 0x33, 0x66)
prs.save("plans.pptx")
