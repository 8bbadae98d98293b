"""empty-placeholder

What
    A placeholder of the layout was left empty.
Why
    Whoever opens the deck sees "Click to add text" there; it stands in the way of what was put beside it.
Known limits
    Pictures and PDFs of a deck do not show it, PowerPoint does while one edits. Dates, footers and slide numbers are
    left out. All empty placeholders of a slide make one defect.
Example
    ``slide_layouts[1]`` with a text box instead of the content placeholder
Options
    count   empty placeholders that are allowed
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, severity
from verl_visual_sdpo.inspection.detect.slides import STANDING
from verl_visual_sdpo.types import Defect, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    count: float = 0


WORST = 3  # empty placeholders from which it gets no worse


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    frames = [e for e in scene.elements if e.kind == "placeholder" and e.style.get("empty")]
    empty = [e for e in frames if e.style.get("placeholder") not in STANDING]
    if len(empty) <= limits.count:
        return
    kinds = ", ".join(str(e.style.get("placeholder")) for e in empty)
    layout = next((e.style.get("layout") for e in scene.elements if e.kind == "figure"), None)
    named = f' of the layout "{layout}"' if layout else ""
    yield Defect(
        detector="empty-placeholder",
        severity=severity(len(empty), limits.count, WORST, floor=0.3),
        boxes=tuple(e.box for e in empty),
        element_ids=tuple(e.id for e in empty),
        measured=float(len(empty)),
        required=float(limits.count),
        message=f"{len(empty)} placeholder{'s' * (len(empty) > 1)}{named} left empty ({kinds}), {limits.count:g} "
        "allowed; fill them, delete them, or choose another layout",
        faulty=len(empty),
        props=("layout", "text", "visible"),
    )


DETECTOR = Detector("empty-placeholder", find, Limits())
