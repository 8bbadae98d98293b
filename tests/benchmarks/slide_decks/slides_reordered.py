from pptx import Presentation

prs = Presentation()
for n in range(4):
    prs.slides.add_slide(prs.slide_layouts[5]).shapes.title.text = f"made as number {n + 1}"
entries = prs.slides._sldIdLst
moved = list(entries)[0]
entries.remove(moved)
entries.append(moved)
prs.part.drop_rel(list(entries)[0].rId)
entries.remove(list(entries)[0])
prs.save("reordered.pptx")
