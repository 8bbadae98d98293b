from pptx import Presentation

prs = Presentation()
prs.slides.add_slide(prs.slide_layouts[5]).shapes.title.text = "Saved where it may not"
prs.save("/home/user/output/deck.pptx")
again = Presentation("/home/user/output/deck.pptx")
again.slides[0].shapes.title.text += ", and opened again"
again.save("/home/user/output/deck.pptx")
