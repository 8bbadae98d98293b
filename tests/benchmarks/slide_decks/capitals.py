from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
box = slide.shapes.add_textbox(Inches(1), Inches(1), Inches(6), Inches(1))
run = box.text_frame.paragraphs[0].add_run()
run.text = "shown in capitals"
run._r.get_or_add_rPr().set("cap", "all")
small = box.text_frame.add_paragraph().add_run()
small.text = "Small Capitals"
small._r.get_or_add_rPr().set("cap", "small")
raised = box.text_frame.add_paragraph()
raised.text = "x"
r = raised.add_run()
r.text = "2"
r._r.get_or_add_rPr().set("baseline", "30000")
prs.save("capitals.pptx")
