"""empty-axes

What
    A framed axes in which nothing is drawn, or nothing that its limits let be seen.
Why
    A left-over cell of ``plt.subplots(2, 2)``, or data plotted into the wrong axes.
Known limits
    An axes without frame (``axis("off")``) shows nothing empty and is clean; so is one that shares its place with a
    filled one (a twin) or holds another axes. Text, a legend or an image count as content.
Example
    ``fig, axes = plt.subplots(2, 2)`` and three plots
Options
    none
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    DATA_KINDS,
    PANEL_KINDS,
    Detector,
    Finding,
    is_finite,
    panels,
    quote,
)
from verl_visual_sdpo.inspection.geometry import iou, share_inside
from verl_visual_sdpo.types import Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    pass


CONTENT = DATA_KINDS | {"text", "annotation", "legend"}
SAME_PLACE = 0.9  # IoU of two axes that stand on each other
INSIDE = 0.9  # part of an axes that lies in another


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    axes = panels(scene)
    filled = {e.panel for e in scene.elements if e.kind in CONTENT and _is_seen(e)}
    placed = {e.panel for e in scene.elements if e.kind in CONTENT}
    for panel in axes:
        if panel.id in filled or panel.style.get("axis_off") or _serves_another(panel, scene, filled):
            continue
        hidden = panel.id in placed
        yield Defect(
            detector="empty-axes",
            severity=1.0,
            boxes=(panel.box,),
            element_ids=(panel.id,),
            measured=0.0,
            required=1.0,
            message=f"{quote(panel)} shows nothing: "
            + ("all of its data lies outside its limits" if hidden else "0 elements drawn, at least 1 required"),
            props=("limits", "data", "visible") if hidden else ("visible", "data"),
        )


def _is_seen(e: Element) -> bool:
    """Whether anything of an element can lie inside its clip. Flat lines have no area, only an extent; the extent of a
    collection of shapes is not exact."""
    if not is_finite(e) or e.clip is None or e.kind == "collection":
        return True
    box, window = e.box, e.clip
    return (
        box.right >= window.left and box.left <= window.right and box.bottom >= window.top and box.top <= window.bottom
    )


def _serves_another(panel: Element, scene: Scene, filled: set[int | None]) -> bool:
    """A twin on a filled axes, the host of an inset, the frame around a grid."""
    for other in scene.elements:
        if other.kind not in PANEL_KINDS or other.id == panel.id:
            continue
        if iou(other.box, panel.box) > SAME_PLACE:
            if other.id in filled:
                return True
        elif share_inside(other.box, panel.box) > INSIDE:
            return True
    return False


DETECTOR = Detector("empty-axes", find, Limits())
