from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import PP_ALIGN
from pptx.util import Inches, Pt

prs = Presentation()
prs.slide_width, prs.slide_height = Inches(13.333), Inches(7.5)
slide = prs.slides.add_slide(prs.slide_layouts[6])
KPIS = [
    ("Users", "12,400", "2E86AB"),
    ("Revenue", "$1.2M", "A23B72"),
    ("Churn", "3.1 %", "F18F01"),
    ("NPS", "61", "3B7A57"),
]
for i, (name, value, color) in enumerate(KPIS):
    card = slide.shapes.add_shape(
        MSO_SHAPE.ROUNDED_RECTANGLE, Inches(0.5 + 3.15 * i), Inches(0.6), Inches(2.9), Inches(1.6)
    )
    card.fill.solid()
    card.fill.fore_color.rgb = RGBColor.from_string(color)
    card.line.fill.background()
    frame = card.text_frame
    frame.text = value
    frame.paragraphs[0].font.size = Pt(32)
    frame.paragraphs[0].alignment = PP_ALIGN.CENTER
    p = frame.add_paragraph()
    p.text = name
    p.font.size = Pt(14)
    p.alignment = PP_ALIGN.CENTER
for i, kind in enumerate((XL_CHART_TYPE.LINE, XL_CHART_TYPE.COLUMN_STACKED)):
    data = CategoryChartData()
    data.categories = ["Jan", "Feb", "Mar", "Apr"]
    data.add_series("a", (1, 4, 2, 6))
    data.add_series("b", (2, 2, 3, 3))
    slide.shapes.add_chart(kind, Inches(0.5 + 6.3 * i), Inches(2.6), Inches(6), Inches(4.4), data)
prs.save("dashboard.pptx")
