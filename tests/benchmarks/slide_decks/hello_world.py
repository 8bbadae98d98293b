from pptx import Presentation

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[0])
slide.shapes.title.text = "Hello, World!"
slide.placeholders[1].text = "python-pptx was here"
prs.save("hello.pptx")
