"""misaligned-panels

What
    Panels side by side, or one above the other, that nearly but not quite line up.
Why
    A reader compares along common edges; a shift of some px reads as an accident.
Known limits
    Panels are aligned when their starts, ends or centres agree: an equal aspect shrinks a panel about its centre, and a
    colour bar takes room at one end. An end alone that differs is reported only where no image, colour bar, equal
    aspect or a second grid explains it. Panels of one grid that nobody moved stand where the grid puts them, and panels
    placed by a locator (mpl_toolkits) where that does: both are clean, and so are grids of different subfigures, each
    of which makes room for headings of its own. Panels whose extents agree by less than
    ``similar`` are laid out differently on purpose.
Example
    ``fig.add_axes([0.1, 0.1, 0.35, 0.8]); fig.add_axes([0.55, 0.14, 0.35, 0.8])``
Options
    tolerance   px that edges may differ
    similar     1-D IoU from which two panels are meant to line up
    same_size   1-D IoU from which panels that share one end are meant to share the other
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, panels, severity
from verl_visual_sdpo.inspection.geometry import interval_iou, iou, share_inside
from verl_visual_sdpo.types import Box, Defect, Element, Scene

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Limits:
    tolerance: float = 3.0
    similar: float = 0.55
    same_size: float = 0.75


WORST = 30.0  # px
SAME_PLACE = 0.9  # IoU of twins
RESIZED = 4.0  # times the tolerance where an aspect or a colour bar has moved panels a little
APART = 0.02  # part of a panel that may lie in another one


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    axes = _apart(panels(scene))
    shrunk = {p.id for p in axes if _may_be_resized(p, scene)}
    pairs = []
    for a, b in combinations(axes, 2):
        if _by_design(a, b):
            continue
        two_grids = "grid" == a.style.get("placed") == b.style.get("placed")
        for one, other in _compared(a.box, b.box):
            explained = a.id in shrunk or b.id in shrunk or two_grids
            off = offset(one, other, limits, explained)
            if off > limits.tolerance * (RESIZED if explained else 1.0):
                pairs.append((off, a, b))
    if pairs:
        yield _defect(pairs, limits)


def _by_design(a: Element, b: Element) -> bool:
    """Whether both stand where one layout put them."""
    placed = (a.style.get("placed"), b.style.get("placed"))
    if "locator" in placed:
        return True
    apart = a.style.get("subfigure") != b.style.get("subfigure")
    return placed == ("grid", "grid") and (apart or a.style.get("grid") == b.style.get("grid"))


def offset(a: Interval, b: Interval, limits: Limits, explained: bool) -> float:
    """By how many px two intervals that are meant to agree differ; 0 when they agree or are not meant to."""
    likeness = interval_iou(a, b)
    if likeness < limits.similar:
        return 0.0
    start, end = abs(a[0] - b[0]), abs(a[1] - b[1])
    centre = abs(a[0] + a[1] - b[0] - b[1]) / 2
    one_end_differs = min(start, end) <= limits.tolerance < centre
    if one_end_differs and likeness >= limits.same_size and not explained:
        return max(start, end)
    return min(start, end, centre)


def _compared(a: Box, b: Box) -> Iterator[tuple[Interval, Interval]]:
    """The intervals in which two panels should agree: top to bottom when side by side, left to right when stacked."""
    beside = interval_iou((a.left, a.right), (b.left, b.right)) < 0.1
    stacked = interval_iou((a.top, a.bottom), (b.top, b.bottom)) < 0.1
    if beside and not stacked:
        yield (a.top, a.bottom), (b.top, b.bottom)
    if stacked and not beside:
        yield (a.left, a.right), (b.left, b.right)


def _apart(axes: list[Element]) -> list[Element]:
    """One panel for each place; insets and panels that lie on others (``panels-overlap``) left out."""
    kept: list[Element] = []
    for panel in axes:
        if any(iou(panel.box, other.box) > SAME_PLACE for other in kept):
            continue  # a twin
        if all(
            share_inside(panel.box, o.box) < APART or iou(panel.box, o.box) > SAME_PLACE for o in axes if o != panel
        ):
            kept.append(panel)
    return kept


def _may_be_resized(panel: Element, scene: Scene) -> bool:
    """Whether an image, an equal aspect, a polar frame or a colour bar may have changed a panel's size."""
    if panel.style.get("aspect") not in (None, "auto") or panel.style.get("projection") not in (None, "rectilinear"):
        return True
    return any(e.kind == "colorbar" or (e.kind == "image" and e.panel == panel.id) for e in scene.elements)


def _defect(pairs: list[tuple[float, Element, Element]], limits: Limits) -> Defect:
    """One defect a picture; the panel that disagrees with most others, the latest of equals, comes first."""
    times = Counter(p.id for _, a, b in pairs for p in (a, b))
    involved = {p.id: p for _, a, b in pairs for p in (a, b)}
    ordered = sorted(involved.values(), key=lambda p: (-times[p.id], -p.id))
    worst = max(off for off, _, _ in pairs)
    return Defect(
        detector="misaligned-panels",
        severity=severity(worst, limits.tolerance, WORST),
        boxes=tuple(p.box for p in ordered),
        element_ids=tuple(p.id for p in ordered),
        measured=round(worst, 1),
        required=limits.tolerance,
        message=f"{len(ordered)} panels that stand in line are off by up to {worst:.0f} px, at most "
        f"{limits.tolerance:g} px allowed: give them common edges",
        props=("layout", "position", "size"),
    )


DETECTOR = Detector("misaligned-panels", find, Limits())
