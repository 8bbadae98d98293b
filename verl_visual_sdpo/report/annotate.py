"""The picture with its defects boxed and numbered, as the table and the page number them."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from verl_visual_sdpo.inspection.trace.marking import RED
from verl_visual_sdpo.report.findings import Finding
from verl_visual_sdpo.report.frames import Frame, frames_of
from verl_visual_sdpo.types import Scene

MILD_COLOR, SEVERE_COLOR = (180, 83, 9), RED  # amber, red; white numbers can be read on either
SMALLEST_FONT = 11  # px
DASH, GAP = 5, 3  # px; mild frames are dashed, so that severity does not rest on colour


def annotate(scene: Scene, found: Sequence[Finding], within: tuple[int, int] | None = None) -> Image.Image:
    """The scene's picture in RGB with a frame around every box of every finding, the first of each numbered.

    Severe frames are solid, mild ones dashed. ``within`` scales the picture down into (width, height) px first; frames
    and numbers keep their own size. The scene must hold its picture (``image`` not empty).
    """
    picture = Image.open(io.BytesIO(scene.image)).convert("RGB")
    scale = 1.0
    if within is not None:
        scale = min(1.0, within[0] / picture.width, within[1] / picture.height)
    if scale < 1.0:
        size = (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    font = ImageFont.load_default(max(SMALLEST_FONT, picture.height // 45))
    badge = (font.size + 5.0, font.size + 4.0)
    draw = ImageDraw.Draw(picture)
    frames = frames_of(found, scene.size, (badge[0] / scale, badge[1] / scale))
    for frame in frames:
        _outline(draw, frame, scale)
    for frame in frames:
        _badge(draw, font, badge, frame, scale)
    return picture


def annotated_png(scene: Scene, found: Sequence[Finding], within: tuple[int, int] | None = None) -> bytes:
    """:func:`annotate` as PNG bytes."""
    out = io.BytesIO()
    annotate(scene, found, within).save(out, format="PNG", optimize=True)
    return out.getvalue()


def color_of(finding: Finding) -> tuple[int, int, int]:
    """RGB of a finding's frames and number."""
    return SEVERE_COLOR if finding.severe else MILD_COLOR


def _outline(draw: ImageDraw.ImageDraw, frame: Frame, scale: float) -> None:
    color, box = color_of(frame.finding), frame.box
    left, top, right, bottom = (round(side * scale) for side in (box.left, box.top, box.right, box.bottom))
    right, bottom = min(right, draw.im.size[0] - 1), min(bottom, draw.im.size[1] - 1)
    if frame.finding.severe:
        draw.rectangle((left, top, max(left, right), max(top, bottom)), outline=color, width=2)
        return
    for x in range(left, right, DASH + GAP):
        for y in (top, max(top, bottom - 1)):
            draw.rectangle((x, y, min(x + DASH, right), y + 1), fill=color)
    for y in range(top, bottom, DASH + GAP):
        for x in (left, max(left, right - 1)):
            draw.rectangle((x, y, x + 1, min(y + DASH, bottom)), fill=color)


def _badge(draw: ImageDraw.ImageDraw, font: ImageFont.ImageFont, size: tuple, frame: Frame, scale: float) -> None:
    if frame.badge is None:
        return
    text, (x, y) = str(frame.finding.number), (frame.badge[0] * scale, frame.badge[1] * scale)
    half = max(size[0], draw.textlength(text, font=font) + 6) / 2
    box = (x - half, y - size[1] / 2, x + half - 1, y + size[1] / 2 - 1)
    draw.rounded_rectangle(box, radius=3, fill=color_of(frame.finding))
    draw.text((x, y), text, fill="white", font=font, anchor="mm")
