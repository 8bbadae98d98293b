import copy

from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
first = prs.slides.add_slide(prs.slide_layouts[6])
box = first.shapes.add_textbox(Inches(1), Inches(1), Inches(4), Inches(1))
box.text_frame.text = "the original"


def duplicate(deck, source):
    target = deck.slides.add_slide(source.slide_layout)
    for shape in source.shapes:
        target.shapes._spTree.insert_element_before(copy.deepcopy(shape._element), "p:extLst")
    return target


second = duplicate(prs, first)
second.shapes[0].text_frame.paragraphs[0].runs[0].text = "the copy"
prs.save("copies.pptx")
