from pptx import Presentation

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[1])
slide.shapes.title.text = "With notes"
slide.placeholders[1].text = "What the audience sees"
slide.notes_slide.notes_text_frame.text = "What the speaker reads"
prs.save("notes.pptx")
