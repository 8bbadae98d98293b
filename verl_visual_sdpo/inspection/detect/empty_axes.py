"""empty-axes

What
    A framed axes in which nothing is drawn, or nothing that its limits let be seen.
Why
    A left-over cell of ``plt.subplots(2, 2)``, or data plotted into the wrong axes.
Known limits
    An axes without frame (``axis("off")``) shows nothing empty and is clean; so is one that shares its place with a
    filled one (a twin) or holds another axes. Text, a legend or an image count as content. Where none of several axes
    holds data, a layout is shown rather than a chart, and whether that was asked for is undetermined.
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
from verl_visual_sdpo.types import Defect, Element, Scene, Undetermined


@dataclass(frozen=True, slots=True)
class Limits:
    pass


CONTENT = DATA_KINDS | {"text", "annotation", "legend"}
SAME_PLACE = 0.9  # IoU of two axes that stand on each other
INSIDE = 0.9  # part of an axes that lies in another


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    axes = [p for p in panels(scene) if not (p.style.get("axis_off") or _is_bare(p, scene))]
    filled = {e.panel for e in scene.elements if e.kind in CONTENT and _is_seen(e)}
    placed = {e.panel for e in scene.elements if e.kind in CONTENT}
    empty = [p for p in axes if p.id not in filled and not _serves_another(p, scene, filled)]
    if len(empty) > 1 and not any(e.kind in DATA_KINDS and e.panel is not None for e in scene.elements):
        yield Undetermined("empty-axes", "no axes of the picture holds data", tuple(p.id for p in empty))
        return
    for panel in empty:
        hidden = panel.id in placed
        yield Defect(
            detector="empty-axes",
            severity=1.0,
            boxes=(panel.box,),
            element_ids=(panel.id,),
            measured=0.0,
            required=1.0,
            message=_name(panel, scene)
            + (
                " shows nothing: all of its data lies outside its limits, at least 1 element in view required"
                if hidden
                else " is empty: 0 elements drawn, at least 1 required; draw in it or remove it"
            ),
            props=("limits", "data", "visible") if hidden else ("visible", "data"),
        )


def _is_bare(panel: Element, scene: Scene) -> bool:
    """No frame, no label, no tick: nothing that could look empty."""
    return panel.style.get("framed") is False and not any(e.panel == panel.id for e in scene.elements)


def _is_seen(e: Element) -> bool:
    """Whether anything of an element can lie inside its clip. Flat lines have no area, only an extent; the extent of a
    collection of shapes is not exact."""
    if not is_finite(e) or e.clip is None or e.kind == "collection":
        return True
    box, window = e.box, e.clip
    return (
        box.right >= window.left and box.left <= window.right and box.bottom >= window.top and box.top <= window.bottom
    )


def _name(panel: Element, scene: Scene) -> str:
    title = next((e for e in scene.elements if e.kind == "title" and e.panel == panel.id), None)
    return f"the axes under {quote(title)}" if title else "an axes"


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
