import io

from PIL import Image
from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
stream = io.BytesIO()
Image.new("RGB", (320, 200), "steelblue").save(stream, format="PNG")
stream.seek(0)
slide.shapes.add_picture(stream, Inches(1), Inches(1))
stream.seek(0)
pic = slide.shapes.add_picture(stream, Inches(5), Inches(2), height=Inches(3))
pic.crop_left = 0.1
pic.crop_right = 0.2
prs.save("pictures.pptx")
