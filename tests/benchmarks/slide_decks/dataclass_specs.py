from dataclasses import dataclass, field

from pptx import Presentation
from pptx.util import Emu, Inches


@dataclass
class Spec:
    title: str
    points: list[str] = field(default_factory=list)


SPECS = [Spec("One", ["a", "b"]), Spec("Two", ["c"]), Spec("Three")]
prs = Presentation()
for spec in SPECS:
    slide = prs.slides.add_slide(prs.slide_layouts[1])
    slide.shapes.title.text = spec.title
    frame = slide.placeholders[1].text_frame
    frame.text = "\n".join(spec.points) or "nothing to say"
    slide.shapes.add_textbox(Emu(0), Inches(7), Inches(2), Inches(0.4)).text_frame.text = f"p. {SPECS.index(spec) + 1}"
prs.save("specs.pptx")
