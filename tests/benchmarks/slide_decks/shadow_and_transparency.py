from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.oxml.ns import qn
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
shape = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(1), Inches(4), Inches(2))
shape.shadow.inherit = False
shape.fill.solid()
shape.fill.fore_color.rgb = RGBColor(0xFF, 0x00, 0x00)
color = shape.fill._xPr.find(qn("a:solidFill"))[0]
color.append(color.makeelement(qn("a:alpha"), {"val": "40000"}))
shape.text = "seen through"
prs.save("through.pptx")
