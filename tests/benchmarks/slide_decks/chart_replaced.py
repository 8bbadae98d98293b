from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])


def data_of(values):
    data = CategoryChartData()
    data.categories = [f"k{i}" for i in range(len(values))]
    data.add_series("values", values)
    return data


chart = slide.shapes.add_chart(
    XL_CHART_TYPE.BAR_CLUSTERED, Inches(1), Inches(1), Inches(8), Inches(5), data_of([1, 2, 3])
).chart
chart.replace_data(data_of([5, 4, 3, 2, 1]))
prs.save("replaced.pptx")
