"""slide-margins

What
    Text, a chart, a table or a picture stands nearly at the edge of the slide, though still on it.
Why
    Projectors and printers cut edges, and a slide without a margin looks crammed.
Known limits
    Pictures, charts and tables that begin at the very edge were meant to (a bleed); text never is. Footers and slide
    numbers are left out, and what looks like them (small words in the outer strip) may stand nearer to the edge. A text
    counts by its painted lines; what leaves the slide is ``off-slide``, and a text that comes near the edge because it
    runs out of its frame is ``text-overflow`` or ``bullets-overflow``.
Example
    ``shapes.add_textbox(Inches(0.02), Inches(0.02), Inches(4), Inches(1))`` with all insets 0
Options
    share   least margin, as a part of the slide's width (0.013 is 0.17 inches of 13.333)
    bleed   px from the edge within which a picture, a chart or a table is at the very edge
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    SLIDE_TEXTS,
    Detector,
    Finding,
    font_px,
    is_finite,
    quote,
    severity,
    texts,
)
from verl_visual_sdpo.inspection.detect.slides import (
    CONTENT_FRAMES,
    STANDING,
    axis,
    declared,
    extent,
    frame_of,
    is_ground,
    is_painted,
    moved,
    overflow,
    point_px,
    texts_of,
    why_too_small,
)
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.013
    bleed: float = 2.0


FOOTER = 0.4  # part of the margin that is enough for a footer made by hand
STRIP, SMALL = 0.08, 12.5  # part of the slide's height in which it stands; points of its font at most
LIST = 3  # paragraphs of a list
OVER = 0.6  # font sizes from which an overflow is told as one


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    required = round(limits.share * scene.size[0], 2)
    close: dict[int, tuple[float, Element]] = {}
    for e in _candidates(scene):
        frame = frame_of(e, scene)
        distance = _distance(extent(e), scene.canvas)
        if (
            not 0.0 <= distance < required * (FOOTER if _is_footer(e, scene) else 1.0)
            or frame.style.get("placeholder") in STANDING
        ):
            continue
        if e.kind in CONTENT_FRAMES and distance <= limits.bleed:
            continue
        if e.kind in SLIDE_TEXTS and _overflows(frame, scene):
            continue
        if frame.id not in close or distance < close[frame.id][0]:
            close[frame.id] = distance, e
    for frame_id, (distance, e) in close.items():
        yield _defect(scene.element(frame_id), e, distance, required, scene)


def _candidates(scene: Scene) -> list[Element]:
    frames = [e for e in scene.elements if e.kind in CONTENT_FRAMES and is_finite(e) and not is_ground(e, scene)]
    return frames + texts(scene, SLIDE_TEXTS - {"chart-text", "footer", "cell-text"})


def _is_footer(e: Element, scene: Scene) -> bool:
    """Whether a text looks like a footer or a page number: small, at the lower or upper edge."""
    if e.kind not in SLIDE_TEXTS or font_px(e) > SMALL * point_px(scene):
        return False
    box, strip = extent(e), STRIP * scene.canvas.height
    return box.top >= scene.canvas.bottom - strip or box.bottom <= scene.canvas.top + strip


def _overflows(frame: Element, scene: Scene) -> bool:
    """Whether the text has run out of its frame towards the edge: ``text-overflow`` or ``bullets-overflow`` says so."""
    bounded = frame.kind == "placeholder" or is_painted(frame) or len(texts_of(frame, scene)) >= LIST
    return bounded and overflow(frame, scene)[0] > OVER


def _distance(box: Box, canvas: Box) -> float:
    """px from the nearest edge; below 0 outside."""
    return min(box.left - canvas.left, box.top - canvas.top, canvas.right - box.right, canvas.bottom - box.bottom)


def _defect(frame: Element, e: Element, distance: float, required: float, scene: Scene) -> Defect:
    guilty, props = frame, moved(axis(extent(e), scene.canvas))
    if e.kind in SLIDE_TEXTS and _distance(declared(frame), scene.canvas) >= required:
        guilty, props = why_too_small(frame, scene)  # the frame keeps the margin, its text does not
    elements = list({one.id: one for one in (guilty, frame, e)}.values())
    return Defect(
        detector="slide-margins",
        severity=severity(required - distance, 0.0, required, floor=0.3),
        boxes=tuple(one.box for one in elements),
        element_ids=tuple(one.id for one in elements),
        measured=round(distance, 1),
        required=required,
        message=f"{quote(e)} stands {distance:.0f} px from the edge of the slide, {required:.0f} px required; move it "
        "inwards",
        props=props,
    )


DETECTOR = Detector("slide-margins", find, Limits())
