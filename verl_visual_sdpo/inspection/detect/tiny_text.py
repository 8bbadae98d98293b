"""tiny-text

What
    A text too small to be read in the picture at its own size.
Why
    Below about 7 px the letters of a screen font lose their shape.
Known limits
    Measured in px of the picture, so a small figure at low resolution fails where a print of it would not.
    Labels of one axis, legend or kind in one panel make one defect.
Example
    ``ax.tick_params(labelsize=3)``
Options
    font_px   least font size
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    Detector,
    Finding,
    font_px,
    quote,
    severity,
    texts,
    visible_share,
)
from verl_visual_sdpo.types import Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    font_px: float = 7.0


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    tiny: dict[tuple, list[Element]] = {}
    for e in texts(scene):
        if font_px(e) < limits.font_px and visible_share(e, scene) > 0:
            tiny.setdefault((e.kind, e.panel, e.parent, e.style.get("axis")), []).append(e)
    for members in tiny.values():
        members.sort(key=lambda e: (font_px(e), e.id))
        smallest = members[0]
        count = f" and {len(members) - 1} more" if len(members) > 1 else ""
        yield Defect(
            detector="tiny-text",
            severity=severity((limits.font_px - font_px(smallest)) / (0.5 * limits.font_px)),
            boxes=tuple(e.box for e in members),
            element_ids=tuple(e.id for e in members),
            measured=round(font_px(smallest), 2),
            required=limits.font_px,
            message=f"{quote(smallest)}{count}: font of {font_px(smallest):.1f} px, {limits.font_px:g} px required",
            faulty=len(members),
            props=("size", "font", "layout"),
        )


DETECTOR = Detector("tiny-text", find, Limits())
