from pptx import Presentation

for name in ("one", "two"):
    prs = Presentation()
    prs.slides.add_slide(prs.slide_layouts[5]).shapes.title.text = name
    prs.save(f"{name}.pptx")
Presentation().save("empty.pptx")
