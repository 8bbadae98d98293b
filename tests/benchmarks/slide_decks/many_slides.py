from pptx import Presentation

prs = Presentation()
for n in range(12):
    slide = prs.slides.add_slide(prs.slide_layouts[1])
    slide.shapes.title.text = f"Slide {n + 1}"
    slide.placeholders[1].text = "\n".join(f"point {k} of slide {n + 1}" for k in range(4))
prs.save("many.pptx")
