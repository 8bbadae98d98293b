from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
from pptx.util import Inches, Pt

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
data = CategoryChartData(number_format="0.0")
data.categories = ["North", "South", "East", "West"]
data.add_series("2024", (4.1, 2.8, 3.9, 5.0))
chart = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(1), Inches(8), Inches(5.5), data).chart
chart.has_title = True
chart.chart_title.text_frame.text = "Revenue"
chart.value_axis.maximum_scale = 6
chart.value_axis.has_major_gridlines = False
chart.category_axis.tick_labels.font.size = Pt(14)
plot = chart.plots[0]
plot.has_data_labels = True
plot.data_labels.font.size = Pt(12)
plot.data_labels.position = XL_LABEL_POSITION.OUTSIDE_END
plot.series[0].format.fill.solid()
plot.series[0].format.fill.fore_color.rgb = RGBColor(0x2E, 0x75, 0xB6)
point = plot.series[0].points[2]
point.format.fill.solid()
point.format.fill.fore_color.rgb = RGBColor(0xC0, 0x39, 0x2B)
prs.save("formatted.pptx")
