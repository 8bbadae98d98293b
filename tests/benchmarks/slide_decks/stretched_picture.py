import io

from PIL import Image, ImageDraw
from pptx import Presentation
from pptx.util import Inches

image = Image.new("RGB", (300, 300), "white")
ImageDraw.Draw(image).ellipse((20, 20, 280, 280), fill="crimson")
stream = io.BytesIO()
image.save(stream, "JPEG")
prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
stream.seek(0)
slide.shapes.add_picture(stream, Inches(1), Inches(1), Inches(8), Inches(2))
prs.save("stretched.pptx")
