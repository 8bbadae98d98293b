from pptx import Presentation
from pptx.enum.dml import MSO_THEME_COLOR
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
for i, color in enumerate((MSO_THEME_COLOR.ACCENT_1, MSO_THEME_COLOR.ACCENT_2, MSO_THEME_COLOR.ACCENT_3)):
    shape = slide.shapes.add_shape(MSO_SHAPE.OVAL, Inches(0.5 + 3 * i), Inches(1), Inches(2.5), Inches(2.5))
    shape.fill.solid()
    shape.fill.fore_color.theme_color = color
    shape.fill.fore_color.brightness = 0.4
    shape.text = color.name
blended = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(1), Inches(4.5), Inches(8), Inches(2))
blended.fill.gradient()
blended.fill.gradient_angle = 45
blended.line.fill.background()
prs.save("theme.pptx")
