from pptx import Presentation

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[1])
slide.shapes.title.text = "Adding bullets"
body = slide.placeholders[1].text_frame
body.text = "Find the bullet slide layout"
for level, line in enumerate(["Use text for the first", "Use add_paragraph for the rest"], start=1):
    p = body.add_paragraph()
    p.text = line
    p.level = level
prs.save("bullets.pptx")
