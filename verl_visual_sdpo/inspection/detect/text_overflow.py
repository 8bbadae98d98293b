"""text-overflow

What
    The text of a shape, a filled text box or a title placeholder is painted over its edge.
Why
    Words that run out of their box lie on whatever is beside it, and look like an accident where nothing is.
Known limits
    Measured is what LibreOffice painted, against the frame that the deck declares. A text box that paints nothing has
    no edge to be seen and is clean (where its text runs into something else, that is another defect). A shape that
    fits itself to its text shows as fitted in one program and as declared in another: undetermined. Lists in the body
    are ``bullets-overflow``.
Example
    ``shape = shapes.add_shape(MSO_SHAPE.RECTANGLE, x, y, Inches(1), Inches(0.4)); shape.text_frame.text = "..."``
Options
    em      font sizes that a text may be painted over the edge of its shape
    title   the same for a title, which has no edge to be seen
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, is_finite, quote, severity
from verl_visual_sdpo.inspection.detect.slides import (
    TEXT_FRAMES,
    is_ground,
    is_painted,
    overflow,
    texts_of,
    why_too_small,
)
from verl_visual_sdpo.types import Defect, Element, Scene, Undetermined


@dataclass(frozen=True, slots=True)
class Limits:
    em: float = 0.25
    title: float = 0.6


WORST = 3.0  # font sizes from which it gets no worse


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    for frame in scene.elements:
        allowed = _allowed(frame, limits)
        if allowed is None or not is_finite(frame) or is_ground(frame, scene):
            continue
        out, side = overflow(frame, scene)
        if out <= allowed:
            continue
        if frame.style.get("autofit") == "shape":
            reason = f"{quote(frame)} fits itself to its text in some programs and not in others"
            yield Undetermined("text-overflow", reason, (frame.id,))
        else:
            yield _defect(frame, out, side, allowed, scene)


def _allowed(frame: Element, limits: Limits) -> float | None:
    if frame.kind not in TEXT_FRAMES or frame.kind == "table-cell":
        return None
    if is_painted(frame):
        return limits.em
    return limits.title if frame.style.get("placeholder") in {"title", "subtitle"} else None


def _defect(frame: Element, out: float, side: str, allowed: float, scene: Scene) -> Defect:
    guilty, props = why_too_small(frame, scene)
    inside = texts_of(frame, scene)
    elements = list({e.id: e for e in (guilty, frame, *inside)}.values())
    return Defect(
        detector="text-overflow",
        severity=severity(out, allowed, WORST),
        boxes=tuple(e.box for e in elements),
        element_ids=tuple(e.id for e in elements),
        measured=round(out, 2),
        required=allowed,
        message=f"{quote(max(inside, key=lambda e: len(e.text)))} runs over the {side} edge of its {frame.kind} by "
        f"{out:.1f} font sizes, {allowed:g} allowed; enlarge the {frame.kind}, or shorten the text or its font",
        props=props,
    )


DETECTOR = Detector("text-overflow", find, Limits())
