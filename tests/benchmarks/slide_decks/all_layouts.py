from pptx import Presentation

prs = Presentation()
for layout in prs.slide_layouts:
    slide = prs.slides.add_slide(layout)
    for placeholder in slide.placeholders:
        if placeholder.has_text_frame:
            placeholder.text_frame.text = f"{layout.name}: {placeholder.placeholder_format.type}"
prs.save("layouts.pptx")
