"""The picture with its defects boxed and numbered, as the table and the page number them."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from verl_visual_sdpo.report.findings import Finding
from verl_visual_sdpo.types import Box, Scene

MILD_COLOR, SEVERE_COLOR = (217, 119, 6), (220, 38, 38)  # amber, red
PADDING = 3  # px between an element's box and the frame drawn around it
SMALLEST_FONT = 11  # px


def annotate(scene: Scene, found: Sequence[Finding]) -> Image.Image:
    """The scene's picture in RGB with a frame around every box of every finding, the first of each numbered.

    The worst are drawn last, on top. The scene must hold its picture (``image`` not empty).
    """
    picture = Image.open(io.BytesIO(scene.image)).convert("RGB")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.load_default(max(SMALLEST_FONT, picture.height // 45))
    for finding in reversed(found):
        color = SEVERE_COLOR if finding.severe else MILD_COLOR
        frames = [frame for box in finding.defect.boxes if (frame := _frame(box, picture.size))]
        for frame in frames:
            draw.rectangle(frame, outline=color, width=2)
        for frame in frames[:1]:
            _badge(draw, font, str(finding.number), frame, color)
    return picture


def annotated_png(scene: Scene, found: Sequence[Finding]) -> bytes:
    """:func:`annotate` as PNG bytes."""
    out = io.BytesIO()
    annotate(scene, found).save(out, format="PNG", optimize=True)
    return out.getvalue()


def _frame(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The padded box, pulled inside the picture so that a frame beyond its edge can still be seen."""
    sides = (box.left - PADDING, box.top - PADDING, box.right + PADDING, box.bottom + PADDING)
    if not all(math.isfinite(side) for side in sides):
        return None
    (left, top, right, bottom), (width, height) = sides, size
    left, right = (round(min(max(x, 0), width - 1)) for x in (left, right))
    top, bottom = (round(min(max(y, 0), height - 1)) for y in (top, bottom))
    return left, top, right, bottom


def _badge(draw: ImageDraw.ImageDraw, font: ImageFont.ImageFont, text: str, frame: tuple, color: tuple) -> None:
    width, height = draw.textlength(text, font=font) + 6, font.size + 4
    left = min(max(frame[0], 0), draw.im.size[0] - width)
    top = frame[1] - height if frame[1] >= height else frame[1]
    draw.rectangle((left, top, left + width, top + height), fill=color)
    draw.text((left + width / 2, top + height / 2), text, fill="white", font=font, anchor="mm")
