"""A frame and a number drawn into a picture: what a model is shown of a defect."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from verl_visual_sdpo.types import Box

PADDING = 3  # px between an element's box and the frame drawn around it
FRAME_WIDTH = 2  # px
SMALLEST_FONT = 11  # px
RED = (220, 38, 38)


def marked_png(png: bytes, boxes: Sequence[Box], number: int, max_pixels: int) -> bytes:
    """A picture with one defect marked, scaled down to ``max_pixels`` first so that frame and number stay legible.

    Raises OSError for bytes that are no picture.
    """
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    factor = min(1.0, math.sqrt(max_pixels / (picture.width * picture.height)))
    if factor < 1:
        picture = picture.resize(tuple(max(int(side * factor), 1) for side in picture.size), Image.LANCZOS)
    scaled = [Box(*(side * factor for side in (b.left, b.top, b.right, b.bottom))) for b in boxes]
    _mark(picture, scaled, number)
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()


def frame_of(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """The padded box, pulled inside the picture so that a frame beyond its edge can still be seen; None where the box
    is not finite."""
    sides = (box.left - PADDING, box.top - PADDING, box.right + PADDING, box.bottom + PADDING)
    if not all(math.isfinite(side) for side in sides):
        return None
    (left, top, right, bottom), (width, height) = sides, size
    left, right = (round(min(max(x, 0), width - 1)) for x in (left, right))
    top, bottom = (round(min(max(y, 0), height - 1)) for y in (top, bottom))
    return left, top, right, bottom


def _mark(picture: Image.Image, boxes: Sequence[Box], number: int) -> None:
    """A frame around every box, the first of them with the number."""
    draw = ImageDraw.Draw(picture)
    frames = [frame for box in boxes if (frame := frame_of(box, picture.size))]
    for frame in frames:
        draw.rectangle(frame, outline=RED, width=FRAME_WIDTH)
    for frame in frames[:1]:
        _badge(draw, str(number), frame)


def _badge(draw: ImageDraw.ImageDraw, text: str, frame: tuple[int, int, int, int]) -> None:
    font = ImageFont.load_default(max(SMALLEST_FONT, draw.im.size[1] // 45))
    width, height = draw.textlength(text, font=font) + 6, font.size + 4
    left = min(max(frame[0], 0), draw.im.size[0] - width)
    top = frame[1] - height if frame[1] >= height else frame[1]
    draw.rectangle((left, top, left + width, top + height), fill=RED)
    draw.text((left + width / 2, top + height / 2), text, fill="white", font=font, anchor="mm")
