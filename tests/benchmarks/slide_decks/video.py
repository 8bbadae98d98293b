import io

from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
slide.shapes.add_movie(
    io.BytesIO(b"not really a film"), Inches(1), Inches(1), Inches(4), Inches(3), mime_type="video/mp4"
)
prs.save("video.pptx")
