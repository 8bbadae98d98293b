"""canvas-overflow

What
    A text, a legend, an axes or an unclipped mark leaves the picture, partly or wholly.
Why
    What lies outside is lost: a long title, a label pushed out by its ticks, a legend placed beside a full-width axes.
Known limits
    Data clipped by its own axes is ``axes-clipped``.
    Tick labels of one axis make one defect, and so does the label of an axis that they push out with them; a legend
    that leaves the picture speaks for its entries.
Example
    ``fig.subplots_adjust(left=0.02); ax.set_ylabel("Revenue")``
Options
    slack   px that may lie outside
    share   the part of the element that may lie outside
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    DATA_KINDS,
    DECORATIONS,
    PANEL_KINDS,
    TEXT_KINDS,
    Detector,
    Finding,
    blamable,
    groups,
    has_large_font,
    is_finite,
    quote,
    severity,
    text_shape,
    texts,
)
from verl_visual_sdpo.inspection.geometry import bounds, intersection, share_inside
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    slack: float = 2.0
    share: float = 0.01


WORST = 0.3  # share of an element from which nothing more can be lost
TRIM = 0.2  # font sizes off above and below a line
SMALL_MARGIN = 0.06  # an axes closer to the picture's edge than this part of it leaves no room for labels


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    legends = [e for e in scene.elements if e.kind == "legend" and is_finite(e)]
    outside_legends = {e.id for e in legends if _outside(e.box, scene.canvas) > limits.slack}
    readable = [e for e in texts(scene) if e.parent not in outside_legends]
    others = [
        e
        for e in scene.elements
        if is_finite(e) and (e.id in outside_legends or e.kind in PANEL_KINDS or (e.kind in DATA_KINDS and not e.clip))
    ]
    found = [
        [(e, box) for e in members if _is_lost(e, box := _extent(e), scene.canvas, limits)]
        for members in [*groups(readable).values(), *([e] for e in others)]
    ]
    ticks = {_axis_of(lost[0][0]) for lost in found if lost and _is_gone(lost, scene.canvas)}
    pushed = [lost[0] for lost in found if lost and _label_of(lost[0][0]) in ticks]
    for lost in found:
        if lost and lost[0] not in pushed:
            yield _defect(scene, limits, lost, [e for e, _ in pushed if _label_of(e) == _axis_of(lost[0][0])])


def _axis_of(e: Element) -> tuple[int | None, object]:
    return e.panel, e.style.get("axis")


def _is_gone(lost: list[tuple[Element, Box]], canvas: Box) -> bool:
    """Tick labels of which one is mostly out of the picture."""
    return any(e.kind == "tick-label" and share_inside(box, canvas) < 0.5 for e, box in lost)


def _label_of(e: Element) -> tuple[int | None, object] | None:
    """The axis that an element is the label of."""
    return _axis_of(e) if e.kind == "axis-label" and e.panel is not None else None


def _extent(e: Element) -> Box:
    """What can be seen of an element if the picture were endless."""
    shown = bounds(text_shape(e, across=-TRIM)) if e.kind in TEXT_KINDS else e.box
    return shown if e.clip is None else intersection(shown, e.clip) or Box(0, 0, 0, 0)


def _is_lost(e: Element, shown: Box, canvas: Box, limits: Limits) -> bool:
    far = _outside(shown, canvas) > limits.slack and 1.0 - share_inside(shown, canvas) > limits.share
    if e.kind in DATA_KINDS:  # an unclipped mark may hang over an edge; only one that is mostly gone is a mistake
        return far and share_inside(shown, canvas) < 0.5
    return far


def _outside(box: Box, canvas: Box) -> float:
    """How far a box reaches over the farthest edge, in px."""
    over = (canvas.left - box.left, canvas.top - box.top, box.right - canvas.right, box.bottom - canvas.bottom)
    return max(*over, 0.0)


def _defect(scene: Scene, limits: Limits, lost: list[tuple[Element, Box]], labels: list[Element]) -> Defect:
    """``labels`` of axes that go with their tick labels: named, but not to blame."""
    lost.sort(key=lambda item: -_outside(item[1], scene.canvas))
    worst, box = lost[0]
    px, gone = _outside(box, scene.canvas), 1.0 - share_inside(box, scene.canvas)
    count = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    count += "".join(f", and behind them {quote(label)}," for label in labels if worst.kind == "tick-label")
    return Defect(
        detector="canvas-overflow",
        severity=severity(gone, limits.share, WORST, floor=0.6),
        boxes=tuple(e.box for e, _ in lost),
        element_ids=tuple(e.id for e, _ in lost),
        measured=round(gone, 4),
        required=limits.share,
        message=f"{quote(worst)}{count} leaves the picture by {px:.0f} px: {gone:.0%} lost, {limits.share:.0%} allowed",
        faulty=len(lost),
        props=blamable(scene, *_props(worst, box, scene)),
    )


def _props(e: Element, box: Box, scene: Scene) -> tuple[str, ...]:
    """A text too long for the picture has the wrong text or font; one that would fit stands at the wrong place, and
    where its axes leaves it no margin the layout is to blame."""
    canvas = scene.canvas
    if e.kind not in TEXT_KINDS:
        return ("position", "layout", "size", "font", "text")
    if has_large_font(e, scene):
        return ("size", "font", "text", "layout", "position")
    if e.kind == "tick-label" and abs(float(e.style.get("rotation") or 0.0)) > 10.0:
        return ("rotation", "text", "size", "font", "layout")
    if box.width > canvas.width or box.height > canvas.height:
        return ("text", "size", "font", "rotation", "layout")
    panel = next((p for p in scene.elements if p.id == e.panel), None)
    if panel is not None and e.kind in DECORATIONS and _crowds_edge(panel.box, box, canvas):
        return ("layout", "position", "rotation", "text", "size", "font")
    if e.kind == "tick-label":  # its position is that of a value
        return ("text", "size", "font", "layout", "position", "limits")
    return ("position", "rotation", "text", "size", "font", "layout", "limits")


def _crowds_edge(panel: Box, text: Box, canvas: Box) -> bool:
    room = {
        "left": (text.left < canvas.left, (panel.left - canvas.left) / canvas.width),
        "top": (text.top < canvas.top, (panel.top - canvas.top) / canvas.height),
        "right": (text.right > canvas.right, (canvas.right - panel.right) / canvas.width),
        "bottom": (text.bottom > canvas.bottom, (canvas.bottom - panel.bottom) / canvas.height),
    }
    return any(lost and margin < SMALL_MARGIN for lost, margin in room.values())


DETECTOR = Detector("canvas-overflow", find, Limits())
