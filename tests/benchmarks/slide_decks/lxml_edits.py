from lxml import etree
from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.oxml.ns import nsdecls, qn
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(6), Inches(2))
box.text_frame.text = "bulleted by hand"
p = box.text_frame.paragraphs[0]._p
pPr = p.get_or_add_pPr()
bullet = etree.SubElement(pPr, qn("a:buChar"))
bullet.set("char", "▪")
pPr.set("marL", "342900")
pPr.attrib["indent"] = "-342900"
xml = (
    '<p:sp {}><p:nvSpPr><p:cNvPr id="77" name="raw"/><p:cNvSpPr/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>'
    '<a:off x="914400" y="3657600"/><a:ext cx="3657600" cy="914400"/></a:xfrm><a:prstGeom prst="rect"/>'
    '<a:solidFill><a:srgbClr val="FFD966"/></a:solidFill></p:spPr><p:txBody><a:bodyPr/><a:p><a:r>'
    "<a:t>made of XML</a:t></a:r></a:p></p:txBody></p:sp>".format(nsdecls("p", "a"))
)
slide.shapes._spTree.append(parse_xml(xml))
prs.save("lxml.pptx")
