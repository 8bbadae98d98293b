"""empty-slide

What
    A slide shows hardly anything: a few characters and no picture, chart or table, or one word as large as the slide.
Why
    It says nothing, and the next one could as well.
Known limits
    Section slides with a short heading are slides: ``chars`` characters are enough. Shapes without words are
    ornaments; a drawing of at least ``shapes`` of them counts as a diagram.
Example
    ``prs.slides.add_slide(prs.slide_layouts[6])`` and nothing more
Options
    chars    characters of text that a slide without pictures, charts, tables needs
    shapes   shapes that make a diagram
    word     part of the slide's height above which one text is a giant one
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import SLIDE_TEXTS, Detector, Finding, font_px, is_finite, texts
from verl_visual_sdpo.inspection.detect.slides import CONTENT_FRAMES, is_ground, is_painted
from verl_visual_sdpo.inspection.geometry import intersection
from verl_visual_sdpo.types import Defect, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    chars: float = 10
    shapes: float = 5
    word: float = 0.25


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    slide = next((e for e in scene.elements if e.kind == "figure"), None)
    if slide is None:
        return
    words = [e for e in texts(scene, SLIDE_TEXTS - {"footer"}) if intersection(e.box, scene.canvas)]
    chars = sum(len(e.text.strip()) for e in words if font_px(e) <= limits.word * scene.size[1])
    frames = [e for e in scene.elements if e.kind in CONTENT_FRAMES and is_finite(e) and not is_ground(e, scene)]
    shapes = [e for e in scene.elements if e.kind == "shape" and is_finite(e) and is_painted(e)]
    pieces = sum(intersection(e.box, scene.canvas) is not None for e in frames)
    if chars >= limits.chars or pieces or len(shapes) >= limits.shapes:
        return
    yield Defect(
        detector="empty-slide",
        severity=1.0,
        boxes=(slide.box,),
        element_ids=(slide.id,),
        measured=float(chars),
        required=float(limits.chars),
        message=f"the slide shows {chars} characters of readable text and no picture, chart or table; {limits.chars:g} "
        "required",
        props=("text", "visible", "layout"),
    )


DETECTOR = Detector("empty-slide", find, Limits())
