"""squashed-picture

What
    A picture is stretched or squashed: its box has another shape than the picture has.
Why
    Faces and logos look wrong at once.
Known limits
    ``object-fit`` other than fill keeps the shape and is clean; svg and canvas are drawn at the size they have. A
    picture whose own size is not known is left out. Plain grounds and rules (a strip many times as long as wide) may
    be stretched.
Example
    ``<img src="portrait.png" style="width: 400px; height: 120px">``
Options
    ratio     how many times one side may be too long
    strip     ratio of sides from which a picture is a strip
    smallest  px of a side below which nobody sees it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, is_finite, severity
from verl_visual_sdpo.types import Defect, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    ratio: float = 1.2
    strip: float = 8.0
    smallest: float = 16.0


WORST = 2.5  # times too long from which it gets no worse


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    for e in scene.elements:
        wide, high = (float(e.style.get(f"natural_{side}") or 0.0) for side in ("width", "height"))
        if e.kind != "image" or e.style.get("broken") or not is_finite(e) or min(wide, high) <= 2.0:
            continue
        if e.style.get("object_fit") not in (None, "", "fill") or max(wide / high, high / wide) >= limits.strip:
            continue
        border = 2.0 * float(e.style.get("border") or 0.0)
        width, height = e.box.width - border, e.box.height - border
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
                f"{off:.2f} times too long, {limits.ratio:g} allowed; keep its shape (object-fit, or one side auto)",
                props=("size", "limits", "layout"),
            )


DETECTOR = Detector("squashed-picture", find, Limits())
