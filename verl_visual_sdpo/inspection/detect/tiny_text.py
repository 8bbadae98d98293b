"""tiny-text

What
    A text too small to be read in the picture at its own size, on paper of the figure's size, or with the whole picture
    in view.
Why
    Below about 7 px the letters of a screen font lose their shape, below 5 pt those of a print; more pixels to the inch
    make a text no larger beside its picture.
Known limits
    Labels of one axis, legend or kind in one panel make one defect. The figure's size is taken for the size it is
    looked at. Pages are read at the size of their px, however long they are.
Example
    ``ax.tick_params(labelsize=3)``; ``small { font-size: 6px }``
Options
    font_px   least font size in px
    font_pt   least font size in points, at the resolution of the picture
    share     least font size over the picture's size (square root of its area)
"""

from __future__ import annotations

import math
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
    font_pt: float = 5.0
    share: float = 0.004


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    required = round(_required(scene, limits), 2)
    tiny: dict[tuple, list[Element]] = {}
    for e in texts(scene, faint=True):  # no watermark is tiny
        if font_px(e) < required and visible_share(e, scene) > 0:
            tiny.setdefault((e.kind, e.panel, e.parent, e.style.get("axis")), []).append(e)
    for members in tiny.values():
        members.sort(key=lambda e: (font_px(e), e.id))
        smallest = members[0]
        count = f" and {len(members) - 1} more" if len(members) > 1 else ""
        yield Defect(
            detector="tiny-text",
            severity=severity(font_px(smallest), required, 0.5 * required),
            boxes=tuple(e.box for e in members),
            element_ids=tuple(e.id for e in members),
            measured=round(font_px(smallest), 2),
            required=required,
            message=f"{quote(smallest)}{count}: font of {font_px(smallest):.1f} px, {required:.3g} px required in this "
            "picture; enlarge it",
            faulty=len(members),
            props=("size", "font", "layout"),
        )


def _required(scene: Scene, limits: Limits) -> float:
    dpi = next((float(e.style.get("dpi") or 0.0) for e in scene.elements if e.kind == "figure"), 0.0)
    whole = math.sqrt(scene.canvas.area)
    # half a hundredth off: 5 pt at 100 dpi are 6.94 px
    return max(limits.font_px, limits.font_pt * dpi / 72.0 - 0.005, limits.share * whole)


DETECTOR = Detector("tiny-text", find, Limits())
ON_PAGES = Detector("tiny-text", find, Limits(font_px=9.0, font_pt=0.0, share=0.0))
ON_SLIDES = Detector("tiny-text", find, Limits(font_px=0.0, font_pt=0.0, share=0.0115))  # 8 pt on 13.3 inches
