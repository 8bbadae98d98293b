from pptx import Presentation
from pptx.util import Inches

prs = Presentation()
slide = prs.slides.add_slide(prs.slide_layouts[6])
WORDS = ["Grüße aus Köln", "Привет, мир", "Καλημέρα", "ŁÓDŹ", "naïve café", "→ ∑ ≤ ½", "ﬁnal ﬂow"]
for i, words in enumerate(WORDS):
    box = slide.shapes.add_textbox(Inches(1), Inches(0.3 + i), Inches(6), Inches(0.6))
    box.text_frame.text = words
prs.save("scripts.pptx")
