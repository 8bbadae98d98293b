from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Inches, Pt

prs = Presentation()
prs.slide_width = Inches(13.333)
prs.slide_height = Inches(7.5)
NAVY, GREY = RGBColor(0x1F, 0x3A, 0x5F), RGBColor(0x59, 0x59, 0x59)


def title(slide, text):
    box = slide.shapes.add_textbox(Inches(0.6), Inches(0.4), Inches(12), Inches(0.9))
    p = box.text_frame.paragraphs[0]
    run = p.add_run()
    run.text = text
    run.font.size = Pt(36)
    run.font.bold = True
    run.font.color.rgb = NAVY


def points(slide, lines, left):
    box = slide.shapes.add_textbox(left, Inches(1.6), Inches(5.8), Inches(5))
    frame = box.text_frame
    frame.word_wrap = True
    frame.vertical_anchor = MSO_ANCHOR.TOP
    for i, line in enumerate(lines):
        p = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
        p.text = "• " + line
        p.font.size = Pt(20)
        p.font.color.rgb = GREY
        p.space_after = Pt(10)
        p.alignment = PP_ALIGN.LEFT


for name in ("Where we stand", "Where we go"):
    slide = prs.slides.add_slide(prs.slide_layouts[6])
    title(slide, name)
    points(slide, ["Revenue grew by a tenth", "Costs stayed level", "Two new sites opened"], Inches(0.6))
    points(slide, ["Hire four people", "Close the old office"], Inches(6.9))
prs.save("report.pptx")
