from pptx import Presentation

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[42])
prs.save("never.pptx")
