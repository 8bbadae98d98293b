from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
front = slide.shapes.add_textbox(Inches(2), Inches(2), Inches(4), Inches(1))
front.text_frame.text = "text above the panel"
panel = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(1), Inches(7), Inches(4))
panel.fill.solid()
panel.fill.fore_color.rgb = RGBColor(0xDD, 0xEE, 0xFF)
tree = slide.shapes._spTree
tree.remove(panel._element)
tree.insert(2, panel._element)
prs.save("order.pptx")
