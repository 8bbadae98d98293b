from pptx import Presentation
from pptx.chart.data import BubbleChartData, CategoryChartData, XyChartData
from pptx.enum.chart import XL_CHART_TYPE as T
from pptx.util import Inches

prs = Presentation()
for kind in (T.LINE_MARKERS, T.PIE, T.BAR_STACKED, T.AREA, T.DOUGHNUT, T.RADAR):
    slide = prs.slides.add_slide(prs.slide_layouts[5])
    slide.shapes.title.text = kind.name
    data = CategoryChartData()
    data.categories = ["a", "b", "c", "d"]
    data.add_series("one", (1, 3, 2, 4))
    slide.shapes.add_chart(kind, Inches(1), Inches(2), Inches(8), Inches(5), data)
slide = prs.slides.add_slide(prs.slide_layouts[6])
xy = XyChartData()
series = xy.add_series("points")
for x, y in [(0.7, 2.7), (1.8, 3.2), (2.6, 0.8)]:
    series.add_data_point(x, y)
slide.shapes.add_chart(T.XY_SCATTER, Inches(0.5), Inches(0.5), Inches(4.5), Inches(6), xy)
bubbles = BubbleChartData()
series = bubbles.add_series("bubbles")
series.add_data_point(0.7, 2.7, 10)
series.add_data_point(1.8, 3.2, 4)
slide.shapes.add_chart(T.BUBBLE, Inches(5), Inches(0.5), Inches(4.5), Inches(6), bubbles)
prs.save("kinds.pptx")
