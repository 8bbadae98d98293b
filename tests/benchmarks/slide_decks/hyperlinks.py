from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(6), Inches(1))
run = box.text_frame.paragraphs[0].add_run()
run.text = "a link"
run.hyperlink.address = "https://example.org/"
box.click_action.hyperlink.address = "https://example.org/other"
prs.save("links.pptx")
