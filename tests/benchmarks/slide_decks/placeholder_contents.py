import io

from PIL import Image
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[8])
slide.shapes.title.text = "A picture in its placeholder"
stream = io.BytesIO()
Image.new("RGB", (400, 300), "olive").save(stream, "PNG")
stream.seek(0)
slide.placeholders[1].insert_picture(stream)
slide.placeholders[2].text = "Caption"
chart_slide = prs.slides.add_slide(prs.slide_layouts[1])
chart_slide.shapes.title.text = "Chart beside"
data = CategoryChartData()
data.categories = ["x", "y"]
data.add_series("s", (3, 4))
holder = chart_slide.placeholders[1]
box = (holder.left, holder.top, holder.width, holder.height)
holder._element.getparent().remove(holder._element)
chart_slide.shapes.add_chart(XL_CHART_TYPE.PIE, *box, data)
prs.save("filled.pptx")
