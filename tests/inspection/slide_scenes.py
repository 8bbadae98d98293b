"""Slides built by hand, as the renderer describes them: frames with declared boxes, paragraphs with painted lines."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from verl_visual_sdpo.types import Box, Element, Scene

SIZE = (1280, 720)


class Slide:
    """Elements with ascending ids, the slide itself first; the picture is painted along."""

    def __init__(self, size=SIZE, background="#ffffff"):
        self.size, self.elements = size, []
        self.picture = Image.new("RGB", size, background)
        self.draw = ImageDraw.Draw(self.picture)
        self.add("figure", (0, 0, *size), background=background, ratio=size[0] / size[1], layout="Blank")

    def add(self, kind, box, text="", parent=None, outline=(), **style):
        number = len(self.elements)
        left, top, right, bottom = box
        sides = {"declared_left": left, "declared_top": top, "declared_right": right, "declared_bottom": bottom}
        style = {"zorder": number, "alpha": 1.0, "rotation": 0.0, **sides, **style}
        self.elements.append(Element(number, kind, Box(*map(float, box)), text, style, (), parent, None, None, outline))
        if style.get("face"):
            self.draw.rectangle(box, fill=style["face"])
        if kind in ("picture", "chart", "table"):
            self.draw.rectangle(box, outline="#808080", width=3)
            self.draw.line(box, fill="#808080", width=3)
        return number

    def frame(self, kind, box, lines=(), size=24.0, color="#000000", text_kind="text", **style):
        """A frame with one paragraph a line, written from its top; returns the ids of frame and paragraphs."""
        texts = [(line, self._line(box, number, line, size)) for number, line in enumerate(lines)]
        if texts:
            shown = [b for _, b in texts]
            style = {
                "text_left": min(b[0] for b in shown),
                "text_top": shown[0][1],
                "text_right": max(b[2] for b in shown),
                "text_bottom": shown[-1][3],
                **style,
            }
        found = [self.add(kind, box, paragraphs=len(lines), **style)]
        for line, (left, top, right, bottom) in texts:
            corners = ((left, top), (right, top), (right, bottom), (left, bottom))
            look = {"color": color, "font_size": size, "font_weight": 400, "seen": True, "lines": 1}
            found.append(self.add(text_kind, (left, top, right, bottom), line, found[0], corners, **look))
            for x in range(int(left), int(right), 6):
                self.draw.rectangle((x, top + 2, x + 2, bottom - 2), fill=color)
        return found

    def _line(self, box, number, line, size):
        top = box[1] + 8 + number * 1.3 * size
        return (box[0] + 8, top, box[0] + 8 + 0.5 * size * len(line), top + size)

    def scene(self, picture=True):
        out = io.BytesIO()
        self.picture.save(out, format="PNG")
        return Scene(self.size, tuple(self.elements), out.getvalue() if picture else b"")


def honest():
    """A plain slide without a fault."""
    slide = Slide()
    points = ["Panel prices fell by ninety percent", "Storage is the bottleneck", "Grids need new lines in the north"]
    title, body = {"text_kind": "title", "placeholder": "title"}, {"text_kind": "body", "placeholder": "body"}
    slide.frame("placeholder", (80, 40, 1200, 130), ["Solar power is cheap"], 48.0, empty=False, **title)
    slide.frame("placeholder", (80, 170, 1200, 640), points, 30.0, empty=False, **body)
    return slide
