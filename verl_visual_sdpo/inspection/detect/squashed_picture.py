"""squashed-picture

What
    A picture is stretched or squashed: its box has another shape than the picture has (what is left of it by a crop).
Why
    Faces and logos look wrong at once.
Known limits
    ``object-fit`` other than fill keeps the shape and is clean; svg and canvas are drawn at the size they have. A
    picture whose own size is not known is left out. Plain grounds and rules (a strip many times as long as wide) may
    be stretched.
Example
    ``<img src="portrait.png" style="width: 400px; height: 120px">``;
    ``shapes.add_picture("portrait.png", 0, 0, Inches(8), Inches(2))``
Options
    ratio     how many times one side may be too long
    strip     ratio of sides from which a picture is a strip
    smallest  px of a side below which nobody sees it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, is_finite, severity
from verl_visual_sdpo.inspection.detect.slides import declared
from verl_visual_sdpo.types import Defect, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    ratio: float = 1.2
    strip: float = 8.0
    smallest: float = 16.0


WORST = 2.5  # times too long from which it gets no worse


MEND = {"image": "object-fit, or one side auto", "picture": "give width or height alone, or crop it"}


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    for e in scene.elements:
        wide, high = (float(e.style.get(f"natural_{side}") or 0.0) for side in ("width", "height"))
        if e.kind not in {"image", "picture"} or e.style.get("broken") or not is_finite(e) or min(wide, high) <= 2.0:
            continue
        if e.style.get("object_fit") not in (None, "", "fill") or max(wide / high, high / wide) >= limits.strip:
            continue
        wide *= 1.0 - sum(float(e.style.get(f"crop_{side}") or 0.0) for side in ("left", "right"))
        high *= 1.0 - sum(float(e.style.get(f"crop_{side}") or 0.0) for side in ("top", "bottom"))
        if min(wide, high) <= 0:
            continue
        border = 2.0 * float(e.style.get("border") or 0.0)
        frame = declared(e)  # a turned picture has another box than shape
        width, height = frame.width - border, frame.height - border
        if min(width, height) < limits.smallest:
            continue
        wrong = (width / height) / (wide / high)
        off = max(wrong, 1.0 / wrong)
        if off > limits.ratio:
            yield Defect(
                detector="squashed-picture",
                severity=severity(off, limits.ratio, WORST),
                boxes=(e.box,),
                element_ids=(e.id,),
                measured=round(off, 2),
                required=limits.ratio,
                message=f"a picture of {wide:.0f} x {high:.0f} px is shown at {width:.0f} x {height:.0f}: one side is "
                f"{off:.2f} times too long, {limits.ratio:g} allowed; keep its shape ({MEND[e.kind]})",
                props=("size", "height", "width", "bound", "limits", "layout"),
            )


DETECTOR = Detector("squashed-picture", find, Limits())
