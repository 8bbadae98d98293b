"""axes-clipped

What
    Limits cut off what the data say: the free end of a bar, whole bars, the peaks of a curve or one end of it.
Why
    A bar without its end tells no value; a cut curve looks like a flat one.
Known limits
    A zoom is not a mistake: a baseline that does not start at zero, a short stretch of a long curve, a close-up beside
    the whole, and curves that run far out of view (poles) are clean or undetermined; a stretch that was cut out of a
    curve to be drawn by itself must be seen whole. Bars that go on in a second panel, above or below, beside where
    they lie (a broken axis), are clean.
Example
    ``ax.bar(names, [3, 9, 5]); ax.set_ylim(0, 6)``
Options
    slack       px that the end of a bar or a point may lie outside
    share       part of a curve's or scatter's points that may lie outside
    zoom        showing less than this part of a curve's width, or of the bars, is taken for a zoom
    overshoot   farther out than this, in axes heights, is taken for a pole or a zoom
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import mean, pstdev

from verl_visual_sdpo.inspection.detect.detector import (
    Detector,
    Finding,
    is_background,
    is_finite,
    panels,
    quote,
    severity,
)
from verl_visual_sdpo.inspection.detect.shapes import is_marked
from verl_visual_sdpo.inspection.geometry import intersection, interval_iou, share_inside
from verl_visual_sdpo.types import Box, Defect, Element, Scene, Undetermined


@dataclass(frozen=True, slots=True)
class Limits:
    slack: float = 2.0
    share: float = 0.05
    zoom: float = 0.4
    overshoot: float = 3.0


WORST_BAR, WORST_CURVE = 0.3, 0.5  # share of a bar's length, of a curve's points
LEAST_BAR = 0.1  # of the largest bar
SHARED_BASE = 0.25  # bars have a common base when this part of all their ends lies there
WHOLE = 0.98  # this part of a curve's points must be within the limits in x, or the view is a zoom
THINNED = 300  # points: a longer outline may not be all of its curve
PROPS = ("position", "data", "size")


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    for panel in panels(scene):
        if panel.style.get("projection", "rectilinear") != "rectilinear":
            continue  # in a polar or 3-D frame a box says nothing about limits
        clipped = [e for e in scene.elements if e.panel == panel.id and e.clip is not None and is_finite(e)]
        bars = [e for e in clipped if e.kind == "bar"]
        if not _goes_on_elsewhere(bars, panel, scene):
            yield from _cut_bars(bars, panel, limits)
        cut: list[tuple[float, str, Element]] = []
        for curve in clipped:
            if curve.kind in {"line", "scatter"} and len(curve.outline) > 2 and not is_background(curve, panel.box):
                found = _cut_curve(curve, panel, scene, limits)
                if isinstance(found, Undetermined):
                    yield found
                elif found:
                    cut.append((*found, curve))
        if cut:
            yield _cut(cut, limits)


# --------------------------------------------------------------------------- bars


def _cut_bars(bars: list[Element], panel: Element, limits: Limits) -> Iterator[Finding]:
    """The panel is named behind its bars: of those that are wholly gone nothing can be seen."""
    if not bars:
        return
    window = panel.box
    upright = _are_upright(bars)
    spans, low, high = _value_spans(bars, window, upright)
    base = _common_base(spans)
    lost = []
    gone = [e for e in bars if not intersection(e.box, window)]
    if gone and len(bars) - len(gone) >= limits.zoom * len(bars):
        lost += [(1.0, e) for e in gone if _matters(e, bars)]
    for e, (start, end) in zip(bars, spans):
        if e in gone:
            continue
        free = [value for value in (start, end) if base is None or abs(value - base) > limits.slack]
        beyond = max((max(low - value, value - high) for value in free), default=0.0)
        if beyond > limits.slack:
            lost.append((beyond / max(abs(end - start), 1.0), e))
    if lost:
        lost.sort(key=lambda item: (-item[0], item[1].id))
        share, worst = lost[0]
        beside = worst.box.right <= window.left or worst.box.left >= window.right
        across = beside if worst in gone else not upright
        yield Defect(
            detector="axes-clipped",
            severity=severity(share, 0.0, WORST_BAR, floor=0.6),
            boxes=(*(e.box for _, e in lost), panel.box),
            element_ids=(*(e.id for _, e in lost), panel.id),
            measured=round(share, 4),
            required=0.0,
            message=f"the limits cut off the end of {len(lost)} of {len(bars)} bars, up to {share:.0%}; 0% allowed",
            faulty=len(lost),
            props=("x-limits" if across else "y-limits", *PROPS),
        )


def _matters(e: Element, bars: list[Element]) -> bool:
    """Whether a bar is more than the thin tail of a histogram."""
    return e.box.area >= LEAST_BAR * max(bar.box.area for bar in bars)


def _are_upright(bars: list[Element]) -> bool:
    """The thickness of bars varies less than their length."""

    def spread(sizes: list[float]) -> float:
        return pstdev(sizes) / max(mean(sizes), 1e-9)

    return spread([e.box.width for e in bars]) <= spread([e.box.height for e in bars])


def _value_spans(bars: list[Element], window: Box, upright: bool) -> tuple[list[tuple[float, float]], float, float]:
    """(start, end) of each bar along the direction of its value, and the window's limits in it."""
    if upright:  # listed from the bottom up, so that a lone bar's base is its lower end
        return [(e.box.bottom, e.box.top) for e in bars], window.top, window.bottom
    return [(e.box.left, e.box.right) for e in bars], window.left, window.right


def _common_base(spans: list[tuple[float, float]]) -> float | None:
    """Where most bars start, None when they float."""
    ends = Counter(round(value) for value in [*(s for s, _ in spans), *(e for _, e in spans)])
    value, count = ends.most_common(1)[0]
    return float(value) if count >= SHARED_BASE * len(spans) else None


def _goes_on_elsewhere(bars: list[Element], panel: Element, scene: Scene) -> bool:
    """A broken axis: another panel, above or below upright bars, beside lying ones, draws bars between the same
    sides."""
    if not bars:
        return False

    def sides(e: Element, across: bool) -> tuple[int, int]:
        return (round(e.box.left), round(e.box.right)) if across else (round(e.box.top), round(e.box.bottom))

    upright = _are_upright(bars)
    own = {sides(e, upright) for e in bars}
    apart = {p.id for p in panels(scene) if interval_iou(sides(p, not upright), sides(panel, not upright)) == 0.0}
    others = [e for e in scene.elements if e.kind == "bar" and e.panel in apart and is_finite(e)]
    return any(sides(e, upright) in own for e in others)


# --------------------------------------------------------------------------- curves


def _cut_curve(e: Element, panel: Element, scene: Scene, limits: Limits) -> tuple[float, str] | Undetermined | None:
    """(the part of a curve that its limits hide, which limits) where that looks like a mistake."""
    window = panel.box
    seen = _seen_width(e, window)
    if limits.zoom <= seen < 1.0 - limits.share and not _shown_elsewhere(e, scene):
        return 1.0 - seen, "x-limits"
    within = [(x, y) for x, y in e.outline if window.left - limits.slack <= x <= window.right + limits.slack]
    if len(within) < WHOLE * len(e.outline):
        return None
    beyond = [max(window.top - y, y - window.bottom) for _, y in within]
    lost = [px for px in beyond if px > limits.slack]
    share = len(lost) / len(within)
    if share <= limits.share or share == 1.0 or _shown_elsewhere(e, scene, whole=True):
        return None
    if max(lost) > limits.overshoot * window.height:
        return Undetermined("axes-clipped", f"{quote(e)} runs far out of view, perhaps on purpose", (e.id,))
    return share, "y-limits"


def _seen_width(e: Element, window: Box) -> float:
    """The part of a curve's width, or of a cloud's marks, that the limits in x show."""
    if is_marked(e):
        inside = [window.left - _reach(e) <= x <= window.right + _reach(e) for x, _ in e.outline]
        return sum(inside) / len(inside)
    return max(min(e.box.right, window.right) - max(e.box.left, window.left), 0.0) / max(e.box.width, 1.0)


def _reach(e: Element) -> float:
    return float(e.style.get("marker_size") or 0.0) / 2 + 1.0


def _shown_elsewhere(e: Element, scene: Scene, whole: bool = False) -> bool:
    """A close-up beside the whole: another panel shows a curve of the same colour in full. ``whole``: of as many
    points, unless some may have been left out."""
    look = ("color", "face", "edge")
    return any(
        o.kind == e.kind
        and o.panel != e.panel
        and [o.style.get(k) for k in look] == [e.style.get(k) for k in look]
        and o.clip is not None
        and share_inside(o.box, o.clip) > WHOLE
        and not (whole and len(o.outline) > len(e.outline) and len(e.outline) < THINNED)
        for o in scene.elements
    )


def _cut(cut: list[tuple[float, str, Element]], limits: Limits) -> Defect:
    """One defect a panel: its limits cut all of its curves."""
    cut.sort(key=lambda item: (-item[0], item[2].id))
    share, which, worst = cut[0]
    more = f" and of {len(cut) - 1} more" if len(cut) > 1 else ""
    return Defect(
        detector="axes-clipped",
        severity=severity(share, 0.0, WORST_CURVE),
        boxes=tuple(e.box for _, _, e in cut),
        element_ids=tuple(e.id for _, _, e in cut),
        measured=round(share, 4),
        required=limits.share,
        message=f"the limits hide {share:.0%} of the points of {quote(worst)}{more}, at most {limits.share:.0%} "
        "allowed: widen them",
        faulty=len(cut),
        props=(which, *PROPS),
    )


DETECTOR = Detector("axes-clipped", find, Limits())
