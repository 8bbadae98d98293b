from pptx import Presentation

prs = Presentation()
for name in ("shown", "hidden", "shown again"):
    slide = prs.slides.add_slide(prs.slide_layouts[5])
    slide.shapes.title.text = name
prs.slides[1]._element.set("show", "0")
prs.save("hidden.pptx")
