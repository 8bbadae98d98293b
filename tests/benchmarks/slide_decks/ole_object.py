import io

from pptx import Presentation
from pptx.enum.shapes import PROG_ID
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
slide.shapes.add_ole_object(io.BytesIO(b"no workbook"), PROG_ID.XLSX, Inches(1), Inches(1), Inches(2), Inches(2))
prs.save("ole.pptx")
