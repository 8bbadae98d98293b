"""bullets-overflow

What
    A list or running text in the body of a slide is painted beyond the placeholder or box that it was given.
Why
    The last points run into the margin, the footer or off the slide: there are too many of them, or they are too large.
Known limits
    Measured is what LibreOffice painted. A text box that paints nothing counts where it holds at least ``points``
    paragraphs and reaches below the margin of the slide; a placeholder counts wherever it stands. Painted shapes are
    ``text-overflow``. Where the text is shrunk to fit, it fits (see ``tiny-text``).
Example
    twelve ``add_paragraph()`` of 24 pt in the content placeholder
Options
    em       font sizes that the text may be painted beyond its placeholder
    points   paragraphs from which the text of a plain text box is a list
    margin   part of the slide's height at its foot that the list of a plain text box must leave free
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, is_finite, quote, severity
from verl_visual_sdpo.inspection.detect.slides import (
    declared,
    is_painted,
    overflow,
    text_extent,
    texts_of,
    why_too_small,
)
from verl_visual_sdpo.types import Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    em: float = 0.6
    points: float = 3
    margin: float = 0.03


WORST = 6.0  # font sizes from which it gets no worse
BODIES = frozenset({"body", "object", "other"})


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    for frame in scene.elements:
        if is_finite(frame) and not is_painted(frame) and _is_list(frame, scene, limits):
            out, side = overflow(frame, scene)
            if out > limits.em:
                yield _defect(frame, out, side, scene, limits)


def _is_list(frame: Element, scene: Scene, limits: Limits) -> bool:
    if frame.kind == "placeholder":
        return frame.style.get("placeholder") in BODIES
    if frame.kind != "text-box" or len(texts_of(frame, scene)) < limits.points:
        return False
    shown = text_extent(frame)
    return shown is not None and shown.bottom > (1.0 - limits.margin) * scene.size[1]


def _defect(frame: Element, out: float, side: str, scene: Scene, limits: Limits) -> Defect:
    points, (guilty, props) = texts_of(frame, scene), why_too_small(frame, scene)
    beyond = [e for e in points if e.box.bottom > declared(frame).bottom] or points[-1:]
    elements = list({e.id: e for e in (guilty, frame, *beyond)}.values())
    return Defect(
        detector="bullets-overflow",
        severity=severity(out, limits.em, WORST),
        boxes=tuple(e.box for e in elements),
        element_ids=tuple(e.id for e in elements),
        measured=round(out, 2),
        required=limits.em,
        message=f"the text of {len(points)} paragraphs ending in {quote(points[-1])} runs over the {side} edge of its "
        f"{frame.kind} by {out:.1f} font sizes, {limits.em:g} allowed; keep fewer or shorter points",
        props=props,
    )


DETECTOR = Detector("bullets-overflow", find, Limits())
