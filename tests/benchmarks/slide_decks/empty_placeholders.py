from pptx import Presentation

prs = Presentation()
prs.slides.add_slide(prs.slide_layouts[1]).shapes.title.text = "Nothing below"
prs.slides.add_slide(prs.slide_layouts[3])
prs.save("empty.pptx")
