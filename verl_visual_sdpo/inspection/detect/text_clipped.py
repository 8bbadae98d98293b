"""text-clipped

What
    A text is cut through by the edge of its axes (``clip_on=True``).
Why
    Half a word is a mistake; a whole one missing may be meant.
Known limits
    Text wholly outside its axes is clean: that is what clipping text is for when the view is zoomed. Text that leaves
    the picture is ``canvas-overflow``.
Example
    ``ax.text(9.8, 0.5, "the last value", clip_on=True)`` with ``ax.set_xlim(0, 10)``
Options
    share   the part of the text that must be visible
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    Detector,
    Finding,
    has_large_font,
    quote,
    severity,
    text_lines,
    texts,
)
from verl_visual_sdpo.inspection.geometry import area, corners, overlap_area
from verl_visual_sdpo.types import Defect, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.95


WORST = 0.55  # visible share from which nothing more can be lost
TRIM = 0.15  # font sizes off above and below: room for ascenders and descenders may be cut


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    reported: set[tuple] = set()
    for e in texts(scene):
        if e.clip is None or e.clip == scene.canvas:
            continue
        lines = text_lines(e, across=-TRIM)
        visible = sum(overlap_area(line, corners(e.clip)) for line in lines) / max(sum(map(area, lines)), 1.0)
        if 0.0 < visible < limits.share and (e.text, e.box) not in reported:
            reported.add((e.text, e.box))  # some programs draw a text twice at one place
            large = has_large_font(e, scene)
            yield Defect(
                detector="text-clipped",
                severity=severity(visible, limits.share, WORST),
                boxes=(e.box,),
                element_ids=(e.id,),
                measured=round(visible, 4),
                required=limits.share,
                message=f"{quote(e)} is cut by its axes: {visible:.0%} of it is visible, {limits.share:.0%} required; "
                "move it inwards or do not clip it",
                props=("size", "font", "position", "text")
                if large
                else ("position", "limits", "text", "size", "font", "layout"),
            )


DETECTOR = Detector("text-clipped", find, Limits())
