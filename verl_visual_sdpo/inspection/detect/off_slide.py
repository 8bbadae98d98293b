"""off-slide

What
    Text, a picture, a chart or a table lies wholly or partly outside of the slide.
Why
    Nobody sees it: it was put there by a wrong coordinate, or has grown there.
Known limits
    Ornaments without words may run over the edge; so may a picture that still shows most of itself there (a bleed).
    A text counts by its painted lines, wherever its frame stands. A table is as high as its rows were drawn.
Example
    ``shapes.add_textbox(Inches(11), Inches(6.9), Inches(4), Inches(1))`` on a slide of 13.333 x 7.5 inches
Options
    slack   px that may lie outside
    share   part of a text or a table that may lie outside
    bleed   the same for a picture
    chart   the same for a chart, which keeps a margin of its own
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    SLIDE_TEXTS,
    Detector,
    Finding,
    is_finite,
    quote,
    severity,
    texts,
)
from verl_visual_sdpo.inspection.detect.slides import (
    CONTENT_FRAMES,
    axis,
    declared,
    extent,
    frame_of,
    is_ground,
    moved,
    was_seen,
    why_too_small,
)
from verl_visual_sdpo.inspection.geometry import share_inside
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    slack: float = 2.0
    share: float = 0.02
    bleed: float = 0.25
    chart: float = 0.05


WORST = 0.4  # share outside from which it gets no worse


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    frames = [e for e in scene.elements if e.kind in CONTENT_FRAMES and is_finite(e) and not is_ground(e, scene)]
    lost: dict[int, list[tuple[float, Element]]] = {}
    for e in [*frames, *texts(scene, SLIDE_TEXTS - {"chart-text"}), *_unpainted(scene)]:
        box = extent(e)
        gone = 1.0 - share_inside(box, scene.canvas)
        allowed = _allowed(e, limits)
        if gone > allowed and _outside(box, scene.canvas) > limits.slack:
            lost.setdefault(frame_of(e, scene).id, []).append((gone, e))
    for frame_id, members in lost.items():
        yield _defect(scene.element(frame_id), members, scene, limits)


def _allowed(e: Element, limits: Limits) -> float:
    return {"picture": limits.bleed, "chart": limits.chart}.get(e.kind, limits.share)


def _unpainted(scene: Scene) -> list[Element]:
    """Texts that were not painted because their frame is where nothing is painted; their box is the frame's."""
    lost = [e for e in scene.elements if e.kind in SLIDE_TEXTS and e.text.strip() and is_finite(e) and not was_seen(e)]
    return [e for e in lost if share_inside(e.box, scene.canvas) < 0.5]


def _outside(box: Box, canvas: Box) -> float:
    """How far a box reaches over the farthest edge, in px."""
    return max(canvas.left - box.left, canvas.top - box.top, box.right - canvas.right, box.bottom - canvas.bottom, 0.0)


def _defect(frame: Element, members: list[tuple[float, Element]], scene: Scene, limits: Limits) -> Defect:
    members.sort(key=lambda item: (-item[0], item[1].id))
    gone, worst = members[0]
    guilty, props = _cause(frame, worst, scene, limits)
    elements = list({e.id: e for e in (guilty, frame, *(e for _, e in members))}.values())
    more = f" and {len(members) - 1} more" if len(members) > 1 else ""
    px = _outside(extent(worst), scene.canvas)
    return Defect(
        detector="off-slide",
        severity=severity(gone, limits.share, WORST, floor=0.6),
        boxes=tuple(e.box for e in elements),
        element_ids=tuple(e.id for e in elements),
        measured=round(gone, 4),
        required=_allowed(worst, limits),
        message=f"{quote(worst)}{more} lies outside of the slide by {px:.0f} px: {gone:.0%} lost; move it or make it "
        "smaller",
        props=props,
    )


def _cause(frame: Element, worst: Element, scene: Scene, limits: Limits) -> tuple[Element, tuple[str, ...]]:
    """A frame that is on the slide was filled with too much; so was a table that grew; else it stands wrong."""
    if frame.kind == "table":
        height = float(frame.style.get("declared_height") or frame.box.height)
        if frame.box.top + height <= scene.canvas.bottom + limits.slack < frame.box.bottom:
            return frame, ("size", "text", "position", "layout")
        return frame, moved(axis(frame.box, scene.canvas))
    box = declared(frame)
    if _outside(box, scene.canvas) <= limits.slack and worst.kind in SLIDE_TEXTS and frame.id != worst.id:
        return why_too_small(frame, scene)
    if box.width > scene.canvas.width or box.height > scene.canvas.height:
        return frame, ("size", "position", "rotation", "layout")
    return frame, moved(axis(extent(worst), scene.canvas))


DETECTOR = Detector("off-slide", find, Limits())
