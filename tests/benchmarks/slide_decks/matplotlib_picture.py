import io

import matplotlib.pyplot as plt
from pptx import Presentation
from pptx.util import Inches

figure, axes = plt.subplots(figsize=(5, 3))
axes.plot([1, 2, 3], [3, 1, 2])
stream = io.BytesIO()
figure.savefig(stream, format="png", dpi=100)
stream.seek(0)
prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[5])
slide.shapes.title.text = "A plot"
slide.shapes.add_picture(stream, Inches(1), Inches(2), width=Inches(7))
prs.save("plot.pptx")
