from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls
from pptx.util import Inches

prs = Presentation()
for _ in range(3):
    slide = prs.slides.add_slide(prs.slide_layouts[6])
    box = slide.shapes.add_textbox(Inches(8), Inches(6.8), Inches(1.5), Inches(0.5))
    p = box.text_frame.paragraphs[0]._p
    number = "<a:fld {} id='{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}' type='slidenum'><a:t>0</a:t></a:fld>"
    p.append(parse_xml(number.format(nsdecls("a"))))
prs.save("fields.pptx")
