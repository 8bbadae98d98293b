from pptx import Presentation
from pptx.util import Inches, Pt


class Deck:
    def __init__(self):
        self.prs = Presentation()
        self.blank = self.prs.slide_layouts[6]

    def slide(self, heading):
        slide = self.prs.slides.add_slide(self.blank)
        self.text(slide, heading, 0.5, 0.3, 9, 1, size=32)
        return slide

    def text(self, slide, words, left, top, width, height, size=18):
        box = slide.shapes.add_textbox(*(Inches(n) for n in (left, top, width, height)))
        box.text_frame.word_wrap = True
        box.text_frame.text = words
        for p in box.text_frame.paragraphs:
            for run in p.runs:
                run.font.size = Pt(size)
        return box


deck = Deck()
for topic in ("Goals", "Means", "Ends"):
    s = deck.slide(topic)
    for i in range(3):
        deck.text(s, f"{topic} number {i + 1}\nwith a second line", 0.5, 1.6 + 1.8 * i, 8, 1.5)
deck.prs.save("class.pptx")
