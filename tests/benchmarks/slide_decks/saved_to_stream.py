import io

from pptx import Presentation

prs = Presentation()
prs.slides.add_slide(prs.slide_layouts[0]).shapes.title.text = "In memory"
out = io.BytesIO()
prs.save(out)
print(len(out.getvalue()) > 1000)
